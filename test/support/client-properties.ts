import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CarrierClient, ClientAnswer, ClientRequest, Credentials, TrackOutcome } from "../../src/carriers/client.ts";
import { parseXml } from "../../src/carriers/xml.ts";
import { changedPayload } from "./changed-payload.ts";

/** Where the inputs of a request stood in it. */
const place = "□";

// Of one length and of letters that the others have not, so that none is part of another.
const number = fc.stringMatching(/^[A-Z]{14}$/);
const secret = fc.stringMatching(/^[a-z]{24}$/);
const baseUrl = fc.stringMatching(/^http:\/\/127\.0\.0\.1:[1-9]\d{3}\/[a-z]{6,12}$/);

interface Inputs {
  readonly numbers: readonly string[];
  readonly credentials: Credentials;
  readonly token: string | null;
  readonly baseUrl: string;
}

function inputsOf(client: CarrierClient): fc.Arbitrary<Inputs> {
  return fc.record({
    numbers: fc.uniqueArray(number, { minLength: 1, maxLength: client.batchMax }),
    credentials: fc.record(Object.fromEntries(client.credentialFields.map((field) => [field, secret]))),
    token: client.tokenRequest === undefined ? fc.constant(null) : secret,
    baseUrl,
  });
}

/**
 * What must hold for every connector: a call holds nothing but the numbers, the credential, the token and its declared constants; its reader
 * never throws, and never says of a number that was not asked for, or of bytes that did not come, that they did.
 * @param answers bodies that its reader takes as answered, for the numbers that they are about.
 */
export function clientProperties(
  client: CarrierClient,
  answers: readonly (readonly [numbers: readonly string[], body: Uint8Array])[],
): void {
  const bodies = answers.map(([, body]) => body);

  test(`${client.source}: a call holds nothing but numbers, credential, token and declared constants`, () => {
    fc.assert(
      fc.property(inputsOf(client), (inputs) => {
        assertDeclared(client.trackRequest(inputs.numbers, inputs.credentials, inputs.token, inputs.baseUrl), inputs);
        if (client.tokenRequest !== undefined)
          assertDeclared(client.tokenRequest(inputs.credentials, inputs.baseUrl), { ...inputs, numbers: [], token: null });
      }),
      { numRuns: 30 },
    );
  });

  test(`${client.source}: calls for as many numbers differ in numbers, credential and token only`, () => {
    fc.assert(
      fc.property(inputsOf(client), inputsOf(client), (one, other) => {
        const count = Math.min(one.numbers.length, other.numbers.length);
        const [left, right] = [one, other].map((each) => skeleton(client, { ...each, numbers: each.numbers.slice(0, count) }));
        assert.deepEqual(left, right);
      }),
      { numRuns: 30 },
    );
  });

  test(`${client.source}: its answers are taken whole and name no number unknown`, () => {
    for (const [numbers, body] of answers)
      assert.deepEqual(client.readTrackAnswer(answerOf(200, body), numbers), { kind: "answered", notFound: [], payloads: [body] });
  });

  test(`${client.source}: half an answer is no answer`, () => {
    for (const [numbers, body] of answers) {
      for (const share of [0, 0.3, 0.9]) {
        const half = body.subarray(0, Math.floor(body.length * share));
        assert.equal(client.readTrackAnswer(answerOf(200, half), numbers).kind, "malformed");
      }
    }
  });

  test(`${client.source}: the reader never throws and keeps to what was asked and answered`, () => {
    const anyBody = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.jsonValue({ maxDepth: 5 }).map((value) => Buffer.from(JSON.stringify(value) ?? "null")),
      ...bodies.map(changedPayload),
    );
    const status = fc.oneof(
      fc.constantFrom(200, 207, 302, 400, 401, 403, 404, 408, 429, 500, 502, 503),
      fc.integer({ min: 100, max: 599 }),
    );
    const headers = fc.dictionary(fc.constantFrom("retry-after", "date", "content-type"), fc.string());
    fc.assert(
      fc.property(status, headers, anyBody, fc.uniqueArray(number, { minLength: 1, maxLength: 3 }), (status, headers, body, numbers) => {
        const answer = { status, headers, body };
        assertWithin(client.readTrackAnswer(answer, numbers), answer, numbers);
        client.readToken?.(answer);
      }),
      { numRuns: 300 },
    );
  });
}

export function answerOf(status: number, body: Uint8Array | string, headers: Readonly<Record<string, string>> = {}): ClientAnswer {
  return { status, headers, body: typeof body === "string" ? Buffer.from(body) : body };
}

function assertWithin(outcome: TrackOutcome, answer: ClientAnswer, numbers: readonly string[]): void {
  if (outcome.kind !== "answered") return;
  for (const unknown of outcome.notFound) assert.ok(numbers.includes(unknown));
  for (const payload of outcome.payloads) assert.equal(payload, answer.body);
  assert.ok(answer.status < 300 || answer.status === 404 || answer.status === 400);
}

/** The request with a mark in each input's place. */
function skeleton(client: CarrierClient, inputs: Inputs): unknown {
  const request = client.trackRequest(inputs.numbers, inputs.credentials, inputs.token, inputs.baseUrl);
  return marked({ ...request, headers: Object.values(headersOf(request)) }, inputs);
}

/** Headers with a Basic credential decoded. */
function headersOf({ headers }: ClientRequest): Readonly<Record<string, string>> {
  const decoded = (value: string): string =>
    value.replace(/^Basic (.+)$/, (_, base64: string) => `Basic ${Buffer.from(base64, "base64").toString("utf8")}`);
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, decoded(value)]));
}

function marked<Value>(value: Value, { numbers, credentials, token, baseUrl }: Inputs): Value {
  let text = JSON.stringify(value);
  for (const input of [...numbers, ...Object.values(credentials), token, baseUrl].filter((each) => each !== null)) {
    text = text.replaceAll(input, place);
  }
  return JSON.parse(text) as Value;
}

/** Every value in the call is an input, or inputs joined, or declared as a literal. */
function assertDeclared(request: ClientRequest, inputs: Inputs): void {
  const { url, body, headers, literals } = marked({ ...request, headers: headersOf(request) }, inputs);
  const declared = new Set(literals);
  const assertValue = (value: string): void =>
    assert.ok(declared.has(value) || /^(Bearer |Basic )?□([:,;]□)*$/.test(value), `${value} is neither an input nor declared`);
  for (const value of Object.values(headers)) assertValue(value);
  const { searchParams, pathname } = new URL(url.replace(place, "http://simulator.test"));
  // Parts of the path that are no input are the same for all by the other property.
  for (const segment of decodeURIComponent(pathname).split("/")) if (segment.includes(place)) assertValue(segment);
  for (const value of searchParams.values()) assertTexts(value, assertValue);
  if (body !== null) {
    if (headers["content-type"] === "application/json") assertLeaves(JSON.parse(body), assertValue);
    else for (const value of new URLSearchParams(body).values()) assertValue(value);
  }
}

/** A parameter may be an XML document; then its attributes are the values. */
function assertTexts(value: string, assertValue: (value: string) => void): void {
  const document = value.startsWith("<?xml") ? parseXml(Buffer.from(value)) : null;
  if (document === null) return assertValue(value);
  assert.ok(document.ok && document.value.children.length === 0 && document.value.text === "");
  for (const attribute of document.value.attributes.values()) assertValue(attribute);
}

function assertLeaves(value: unknown, assertValue: (value: string) => void): void {
  if (typeof value === "string") assertValue(value);
  else if (typeof value === "object" && value !== null) for (const each of Object.values(value)) assertLeaves(each, assertValue);
}
