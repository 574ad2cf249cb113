import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test } from "node:test";

const loaded = new Set<string>();
registerHooks({
  load: (url, context, next) => {
    loaded.add(url);
    return next(url, context);
  },
});

/** What is there for telemetry alone; `api` is loaded by the counters' library in any case. */
const own = /@opentelemetry\/(?!api\/)|\/telemetry\/(?:open-telemetry|bounded-spans|otlp-\w+|span-list)\.ts$/;

test("nothing of OpenTelemetry is loaded by any role where no endpoint is named, and all of it where one is", async () => {
  const { roleNames } = await import("../role.ts");
  const { loadRole } = await import("../run-role.ts");
  const { readConfig } = await import("../config.ts");
  const { programLog } = await import("../log.ts");
  const { startTelemetry } = await import("./start-telemetry.ts");
  for (const role of roleNames) await loadRole(role);
  const log = programLog("silent", "test");
  const { spans, tellMetrics, stop } = await startTelemetry(readConfig({}), "front", log);
  assert.equal(spans.begin("opener.run"), null);
  tellMetrics(() => Promise.reject(new Error("nobody asks for them")));
  await stop();
  assert.deepEqual(
    [...loaded].filter((url) => own.test(url)),
    [],
  );
  const config = readConfig({ PARCELKEEP_OTLP_ENDPOINT: "http://127.0.0.1:1", PARCELKEEP_OTLP_METRICS_MS: "0" });
  const telemetry = await startTelemetry(config, "front", log);
  assert.notEqual(telemetry.spans.begin("opener.run"), null);
  await telemetry.stop();
  assert.ok([...loaded].some((url) => url.includes("@opentelemetry/sdk-trace")));
});
