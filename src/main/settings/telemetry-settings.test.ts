import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "./setting.ts";
import { readTelemetry, withoutTelemetry } from "./telemetry-settings.ts";

test("nothing is exported unless an endpoint is named in the program's own setting", () => {
  assert.equal(readTelemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example", PARCELKEEP_OTLP_SAMPLE_RATIO: "1" }), null);
});

test("an endpoint, with headers as the standard writes them", () => {
  const env = {
    PARCELKEEP_OTLP_ENDPOINT: "https://collector.example:4318/base",
    PARCELKEEP_OTLP_HEADERS: "Authorization=Bearer%20a%2Cb, x-scope-orgid = 7",
    PARCELKEEP_OTLP_PATH: "public",
    PARCELKEEP_OTLP_SAMPLE_RATIO: "0.5",
    PARCELKEEP_OTLP_METRICS_MS: "0",
    PARCELKEEP_OTLP_AUTHORITIES: "/etc/collector.pem",
  };
  assert.deepEqual(readTelemetry(env), {
    endpoint: "https://collector.example:4318/base",
    headers: { authorization: "Bearer a,b", "x-scope-orgid": "7" },
    authorities: { file: "/etc/collector.pem" },
    path: "public",
    sampleRatio: 0.5,
    metricsMs: 0,
  });
  assert.deepEqual(readTelemetry({ PARCELKEEP_OTLP_ENDPOINT: "http://localhost:4318" }), {
    endpoint: "http://localhost:4318",
    headers: {},
    authorities: null,
    path: "private",
    sampleRatio: 0.01,
    metricsMs: 60_000,
  });
});

test("certificates of authorities may come as they are, as those out of a file do", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";
  const env = { PARCELKEEP_OTLP_ENDPOINT: "https://collector.example", PARCELKEEP_OTLP_AUTHORITIES: pem };
  assert.deepEqual(readTelemetry(env)?.authorities, { pem });
});

test("what is not in its form is refused, without a word of it", () => {
  const refused: readonly (readonly [string, string])[] = [
    ["PARCELKEEP_OTLP_ENDPOINT", "http://hidden.example"],
    ["PARCELKEEP_OTLP_ENDPOINT", "https://user:hidden@collector.example"],
    ["PARCELKEEP_OTLP_ENDPOINT", "https://collector.example/?hidden=1"],
    ["PARCELKEEP_OTLP_ENDPOINT", "hidden"],
    ["PARCELKEEP_OTLP_HEADERS", "hidden"],
    ["PARCELKEEP_OTLP_HEADERS", "a=hidden%0d%0ab"],
    ["PARCELKEEP_OTLP_HEADERS", "a=hidden%"],
    ["PARCELKEEP_OTLP_HEADERS", "Content-Type=hidden"],
    ["PARCELKEEP_OTLP_PATH", "hidden"],
    ["PARCELKEEP_OTLP_SAMPLE_RATIO", "1.1"],
    ["PARCELKEEP_OTLP_SAMPLE_RATIO", "hidden"],
    ["PARCELKEEP_OTLP_METRICS_MS", "-1"],
  ];
  for (const [name, value] of refused)
    assert.throws(
      () => readTelemetry({ PARCELKEEP_OTLP_ENDPOINT: "https://collector.example", [name]: value }),
      (error: Error) => error instanceof ConfigError && error.message.startsWith(`${name} must be`) && !error.message.includes("hidden"),
      `${name} ${value}`,
    );
});

test("an opener knows nothing of it", () => {
  assert.deepEqual(withoutTelemetry({ PATH: "/bin", PARCELKEEP_OTLP_HEADERS: "a=b", PARCELKEEP_OTLP_HEADERS_FILE: "/run/headers" }), {
    PATH: "/bin",
  });
});
