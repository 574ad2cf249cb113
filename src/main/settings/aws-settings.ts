import type { AwsConnection } from "../../aws/connection.ts";
import { allowedPlace, PlaceError, sovereignPlace } from "../../aws/place.ts";
import { ConfigError, readSetting } from "./setting.ts";

/**
 * The place that the settings name, if they allow it too: leaving the sovereign cloud takes two settings, so that it is no slip of the pen.
 * @throws {PlaceError} also where the platform says that this process runs in a region that is not allowed. @throws {ConfigError}
 */
export function readAws(env: NodeJS.ProcessEnv): AwsConnection {
  const allowed = (readSetting(env, "PARCELKEEP_AWS_REGIONS") ?? sovereignPlace.region).split(",").map((region) => region.trim());
  const place = allowedPlace(readSetting(env, "PARCELKEEP_AWS_REGION") ?? sovereignPlace.region, allowed);
  const ranIn = platformsRegion(env);
  if (ranIn !== null) allowedPlace(ranIn, allowed);
  refuseForeignEndpoints(env);
  const endpoint = readSetting(env, "PARCELKEEP_AWS_TEST_ENDPOINT");
  if (endpoint !== null && !/^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/?$/.test(endpoint))
    throw new ConfigError("PARCELKEEP_AWS_TEST_ENDPOINT must be of this machine: it is for emulators");
  return { place, emulator: endpoint === null ? null : { endpoint } };
}

/** ECS and Lambda set both; a region alone may be a developer's habit and says nothing about where this process is. */
function platformsRegion(env: NodeJS.ProcessEnv): string | null {
  return env["AWS_EXECUTION_ENV"] === undefined ? null : (env["AWS_REGION"] ?? null);
}

/** Our clients do not follow them; what the SDK asks on the way to its credentials (STS, SSO) would. */
function refuseForeignEndpoints(env: NodeJS.ProcessEnv): void {
  const named = Object.keys(env).find((name) => /^AWS_ENDPOINT_URL(?:_|$)/.test(name));
  if (named !== undefined)
    throw new PlaceError("endpoint-not-allowed", `${named} is set: services of AWS are asked at their own hosts only`);
}
