import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { grantSession } from "./aws-grant-session.ts";
import { sovereignPlace } from "./place.ts";

const role = "arn:aws-eusc:iam::111122223333:role/parcelkeep-opener";
const grant = "01936d3e-0000-7000-8000-000000000001";
const tenant = "01936d3e-0000-7000-8000-000000000002";

test("asks to become the opener of one grant, named after it, with grant and tenant as the only tags", async (t) => {
  const { asked, session } = await ask(
    t,
    200,
    answerOf("<AccessKeyId>ASIAONE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"),
  );
  assert.deepEqual(await session, { AWS_ACCESS_KEY_ID: "ASIAONE", AWS_SECRET_ACCESS_KEY: "s", AWS_SESSION_TOKEN: "t" });
  assert.deepEqual(Object.fromEntries(new URLSearchParams(asked[0])), {
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: grant,
    DurationSeconds: "900",
    "Tags.member.1.Key": "grant",
    "Tags.member.1.Value": grant,
    "Tags.member.2.Key": "tenant",
    "Tags.member.2.Value": tenant,
  });
});

test("tells a refusal, which somebody has to mend, from a service that is away; neither says what was asked", async (t) => {
  const refused = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not for you</Message></Error></ErrorResponse>";
  const { session } = await ask(t, 403, refused);
  await assert.rejects(session, (error: Error) => {
    assert.equal((error as { code?: string }).code, "not-permitted");
    assert.doesNotMatch(`${error.message} ${String((error.cause as Error).message)}`, /for you|arn:|0193/);
    return true;
  });
  await assert.rejects((await ask(t, 400, "<ErrorResponse><Error><Code>Odd</Code></Error></ErrorResponse>")).session, {
    code: "unavailable",
  });
  await assert.rejects((await ask(t, 200, answerOf(""))).session, { code: "unavailable" });
});

function answerOf(credentials: string): string {
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

async function ask(t: TestContext, status: number, answer: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.push(Buffer.concat(chunks).toString("utf8"));
      response.writeHead(status, { "content-type": "text/xml" });
      response.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" };
  const session = grantSession({ place: sovereignPlace, emulator: { endpoint, credentials } }, role, { grant, tenant });
  return { asked, session };
}
