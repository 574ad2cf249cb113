import { startTestServer, testServerVariable, type TestServer } from "./test-server.ts";

let server: TestServer;

/** Called by `node --test --test-global-setup` before the first test file; the environment reaches all of them. */
export async function globalSetup(): Promise<void> {
  server = await startTestServer();
  process.env[testServerVariable] = server.dataDir;
}

export async function globalTeardown(): Promise<void> {
  await server.stop();
}
