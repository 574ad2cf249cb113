import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../config.ts";
import { openerPermissions } from "../role-permissions.ts";
import { startOpener } from "./opener.ts";

const program = join(import.meta.dirname, "..", "..", "..", "test", "support", "controlled-opener.ts");

test("an opener with a session of its grant has that session, and no way back to who started it", async (t) => {
  const starter = {
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/starter",
    AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials",
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "starter",
    AWS_WEB_IDENTITY_TOKEN_FILE: "/starter",
    AWS_ROLE_ARN: "starter",
    AWS_PROFILE: "starter",
    AWS_ACCESS_KEY_ID: "starter",
  };
  Object.assign(process.env, starter);
  t.after(() => Object.keys(starter).forEach((name) => delete process.env[name]));
  const config = { ...readConfig({}), keys: "aws-kms" as const };
  const permissions = [...openerPermissions(config), `--allow-fs-read=${program}`];
  const session = { AWS_ACCESS_KEY_ID: "session", AWS_SECRET_ACCESS_KEY: "session", AWS_SESSION_TOKEN: "session" };
  const child = startOpener(config, program, permissions, {}, session);
  t.after(() => child.kill("SIGKILL"));
  child.stdin!.end(JSON.stringify({ dataDir: config.dataDir }));
  let answer = "";
  for await (const chunk of child.stdio[3] as AsyncIterable<Buffer>) {
    answer += chunk.toString("utf8");
    if (answer.endsWith("}")) break;
  }
  const { environment } = JSON.parse(answer) as { readonly environment: readonly string[] };
  assert.deepEqual(
    environment.filter((name) => Object.hasOwn({ ...starter, ...session }, name)),
    Object.keys(session),
  );
});
