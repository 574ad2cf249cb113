import assert from "node:assert/strict";
import { test } from "node:test";
import { keySetUrlsOf } from "./key-set-urls.ts";
import { readRegisterFiles } from "./register-files.ts";
import { codecs } from "../intake/sources.ts";

test("key sets are fetched where the codecs say that they are published, at hosts of the register", () => {
  const entries = new Map(readRegisterFiles().map((entry) => [entry.source, entry]));
  for (const { source, authentication } of codecs.values()) {
    const urls = authentication.kind === "rsa-sha256" ? authentication.keySetUrls : [];
    assert.deepEqual(keySetUrlsOf(source), urls, source);
    for (const url of urls) {
      assert.equal(new URL(url).protocol, "https:");
      assert.ok(entries.get(source)!.hosts.includes(new URL(url).host), url);
    }
  }
});
