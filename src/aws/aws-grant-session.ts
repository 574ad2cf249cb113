import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { awsClient } from "./aws-client.ts";
import type { AwsConnection } from "./connection.ts";
import { GrantSessionError } from "./grant-session-error.ts";
import { callTold, deniedAccess, type Meaning, meaningOf, refusedCredentials, type SdkError } from "./sdk-error.ts";

/** The shortest that STS gives (STS API reference, AssumeRole); an opener takes a minute at the most. */
const sessionSeconds = 15 * 60;

/** By the names of the STS API reference. */
const meanings: readonly Meaning<GrantSessionError["code"]>[] = [
  [
    "not-permitted",
    "this process may not become the opener of a grant",
    new Set([...deniedAccess, ...refusedCredentials, "RegionDisabledException"]),
  ],
];

/**
 * Becomes the opener of one grant: tags of the session say which, and the key's policy opens for a session with both and for that tenant alone. The trail names the session after the grant.
 * @param role ARN of the role that opens.
 * @returns the session's credentials, as the variables that the SDK reads.
 * @throws {GrantSessionError} whose cause names no more than the service's error and request.
 */
export async function grantSession(
  connection: AwsConnection,
  role: string,
  { grant, tenant }: { readonly grant: string; readonly tenant: string },
): Promise<Readonly<Record<string, string>>> {
  const client = awsClient(STSClient, "sts", connection);
  try {
    const { Credentials } = await client.send(
      new AssumeRoleCommand({
        RoleArn: role,
        RoleSessionName: grant,
        DurationSeconds: sessionSeconds,
        Tags: [
          { Key: "grant", Value: grant },
          { Key: "tenant", Value: tenant },
        ],
      }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
      throw new GrantSessionError("unavailable", "the session came without credentials");
    return { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey, AWS_SESSION_TOKEN: SessionToken };
  } catch (error) {
    throw error instanceof GrantSessionError ? error : refusalOf(error);
  } finally {
    client.destroy();
  }
}

function refusalOf(error: unknown): GrantSessionError {
  const [code, message] = meaningOf((error as SdkError).name, meanings, ["unavailable", "no session of the opener was given"]);
  return new GrantSessionError(code, message, { cause: callTold(error as SdkError) });
}
