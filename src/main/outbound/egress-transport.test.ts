import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as createProxy } from "node:http";
import { type AddressInfo, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { localCertificate } from "../../../test/support/test-certificate.ts";
import { EgressError } from "../../outbound/egress.ts";
import { egressTransport } from "./egress-transport.ts";

const folder = mkdtempSync(join(tmpdir(), "parcelkeep-egress-"));
const authorities = join(folder, "authorities.pem");
writeFileSync(authorities, localCertificate.cert);
const options = { timeoutMs: 30_000, answerBytesMax: 1_000, connectionsPerHost: 1 };

suite("the transport of calls to the outside", () => {
  const server = createServer(localCertificate, (_, response) => void response.end("answered"));
  const tunnels: (string | undefined)[] = [];
  const proxy = createProxy();
  proxy.on("connect", ({ url }, socket) => {
    tunnels.push(url);
    const onward = connect(portOf(server), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) each.on("error", () => {});
  });
  before(async () => {
    for (const each of [server, proxy]) await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    for (const each of [server, proxy]) {
      each.closeAllConnections();
      each.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const outcome = async (settings: Parameters<typeof egressTransport>[0], isTestHost = true): Promise<string> => {
    const transport = await egressTransport(settings, options);
    const call = {
      tenant: "",
      recipient: "",
      method: "GET",
      url: `https://localhost:${portOf(server)}/`,
      headers: {},
      body: null,
      covered: [],
    };
    try {
      const { body } = await transport.send(call as never, { path: "public", isTestHost });
      return Buffer.from(body).toString();
    } catch (error) {
      if (error instanceof EgressError) return error.code;
      throw error;
    } finally {
      transport.close();
    }
  };

  test("trusts the settings' authorities, and usual ones where they name none", async () => {
    assert.equal(await outcome({ egressAuthorities: authorities, egressProxy: null }), "answered");
    assert.equal(await outcome({ egressAuthorities: null, egressProxy: null }), "tls");
    await assert.rejects(outcome({ egressAuthorities: join(folder, "none.pem"), egressProxy: null }), { code: "ENOENT" });
  });

  test("goes by the settings' proxy", async () => {
    assert.deepEqual(tunnels, []);
    const egressProxy = `http://127.0.0.1:${portOf(proxy)}`;
    assert.equal(await outcome({ egressAuthorities: authorities, egressProxy }, false), "answered");
    assert.deepEqual(tunnels, [`localhost:${portOf(server)}`]);
  });
});

function portOf(server: Pick<Server, "address">): number {
  return (server.address() as AddressInfo).port;
}
