import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..", "..");
const lines = readFileSync(join(root, "Dockerfile"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

/** What is wrong with a Dockerfile, by the rules that the image itself follows. */
function findings(given: readonly string[]): string[] {
  const stages = given.filter((line) => line.startsWith("FROM "));
  const last = given.slice(given.lastIndexOf(stages.at(-1) ?? ""));
  const value = (word: string): string | undefined => last.findLast((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  return [
    ...(stages.length >= 2 ? [] : ["what builds would be in what runs"]),
    ...stages.filter((line) => !/^FROM \$\{\w+\}( AS \w+)?$/.test(line)).map((line) => `${line} is a base that nobody pins by digest`),
    ...given.filter((line) => /^ARG \w+=(?!.*@sha256:)/.test(line)).map((line) => `${line} is a base by a tag, which can be moved`),
    ...(last.some((line) => line.startsWith("RUN ")) ? ["the last stage wants a shell"] : []),
    ...(value("USER") === "65532:65532" ? [] : ["the program would not be nobody"]),
    ...["ENTRYPOINT", "CMD"].filter((word) => !value(word)?.startsWith("[")).map((word) => `${word} wants a shell`),
    ...given.filter((line) => /^ADD |curl |wget |--privileged|apt-get/.test(line)).map((line) => `${line} brings what no lock pins`),
    ...given.filter((line) => line.includes("npm ") && !(line.includes("npm ci") && line.includes("--ignore-scripts"))),
  ];
}

test("the Dockerfile keeps the rules of the image", () => {
  assert.deepEqual(findings(lines), []);
});

for (const [what, from, to] of [
  ["a tag as base", "FROM ${RUN_BASE}", "FROM debian:12"],
  ["a default without digest", "ARG RUN_BASE", "ARG RUN_BASE=debian:12"],
  ["root", "USER 65532:65532", "USER 0"],
  ["a shell at the end", 'CMD ["serve", "--role", "front"]', "CMD serve"],
  ["scripts of packages", " --ignore-scripts", ""],
  ["a download", "EXPOSE 8080", "ADD https://example.eu/tool /usr/bin/tool"],
] as const)
  test(`notices ${what}`, () => {
    const planted = lines.map((line) => line.replace(from, to));
    assert.notDeepEqual(planted, lines);
    assert.notDeepEqual(findings(planted), []);
  });

test("what goes to an engine is what goes into the image", () => {
  const sent = readFileSync(join(root, ".dockerignore"), "utf8").split("\n");
  assert.equal(sent[0], "*");
  const copied = lines.flatMap((line) => /^COPY (?!--from)(.+) \S+$/.exec(line)?.[1]?.split(" ") ?? []);
  assert.deepEqual(
    sent
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1))
      .toSorted(),
    copied.toSorted(),
  );
});
