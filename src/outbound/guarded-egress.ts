import { type Egress, type EgressAnswer, type EgressCall, EgressError } from "./egress.ts";
import type { Candidate } from "./guard/candidates.ts";
import { examineCall, type Finding, type IsKnown, knownFindings, type Question } from "./guard/inspect.ts";
import type { GuardRules } from "./guard/rules.ts";
import type { TokensIn } from "./guard/shape.ts";
import type { Route } from "./transport.ts";

/** Whom a call may be made to. */
export interface Recipient {
  /** Hosts that may be called, as a URL has them: in lower case, with a port where it is not the scheme's own. */
  readonly hosts: readonly string[];
  readonly path: "public" | "private";
  readonly rules: GuardRules;
  /** For counters: a source's id, or `webhook`. */
  readonly label: string;
}

/** Findings of one kind, counted. Positions and kinds; nothing of the call. */
export interface CountedFinding extends Finding {
  readonly count: number;
}

/** Takes down what was refused; the audit log's place. */
export interface GuardRecord {
  /** Resolves when the refusal is durable. */
  refused(refusal: {
    readonly tenant: string;
    readonly recipient: string;
    readonly code: EgressError["code"];
    readonly findings: readonly CountedFinding[];
  }): Promise<void>;
}

export type EgressOutcome = "answered" | EgressError["code"];

export interface GuardParts {
  /** @returns null where there is no such recipient. */
  readonly recipientOf: (tenant: string, recipient: string) => Promise<Recipient | null>;
  /** Asks the vault for all of these at once. */
  readonly knownOf: (tenant: string, candidates: readonly Candidate[]) => Promise<IsKnown>;
  readonly tokensIn: TokensIn;
  readonly record: GuardRecord;
  readonly transport: { send(call: EgressCall, route: Route, signal?: AbortSignal): Promise<EgressAnswer> };
  /** Hosts of a test, as a URL has them; every recipient may be called there, and in the clear. */
  readonly testHosts: ReadonlySet<string>;
  readonly counted: (label: string, outcome: EgressOutcome, findings: readonly CountedFinding[]) => void;
  /** A refusal could not be taken down; the call was not made all the same. */
  readonly recordFailed: (error: unknown) => void;
}

/**
 * The egress guard (DESIGN section 8) and the only implementation of {@link Egress} that sends anything. A call goes out where its host is the recipient's, its address is
 * a public one (or a private one on a private path), and nothing in it is anybody's personal value that no release covers.
 */
export class GuardedEgress implements Egress {
  readonly #parts: GuardParts;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  async send(call: EgressCall, signal?: AbortSignal): Promise<EgressAnswer> {
    const recipient = await this.#parts.recipientOf(call.tenant, call.recipient);
    const label = recipient?.label ?? "unknown";
    try {
      const route = this.#routeOf(call, recipient);
      await this.#refuseLeaks(call, recipient!.rules, label);
      const answer = await this.#parts.transport.send(call, route, signal);
      this.#parts.counted(label, "answered", []);
      return answer;
    } catch (error) {
      if (error instanceof EgressError) {
        if (error.code !== "leak") this.#parts.counted(label, error.code, []);
        if (refusals.has(error.code)) await this.#record(call, error.code, []);
      }
      throw error;
    }
  }

  /** @throws {EgressError} `host-not-registered`. */
  #routeOf({ url }: EgressCall, recipient: Recipient | null): Route {
    const host = URL.parse(url)?.host ?? "";
    const isTestHost = this.#parts.testHosts.has(host);
    if (recipient === null || host === "" || !(isTestHost || recipient.hosts.includes(host)))
      throw new EgressError("host-not-registered", "the register does not name this host for this recipient");
    return { path: recipient.path, isTestHost };
  }

  async #refuseLeaks(call: EgressCall, rules: GuardRules, label: string): Promise<void> {
    const { findings, questions } = examineCall(call, rules, this.#parts.tokensIn);
    const all = [...findings, ...(await this.#known(call.tenant, questions))];
    if (all.length === 0) return;
    const counts = countedFindings(all);
    this.#parts.counted(label, "leak", counts);
    await this.#record(call, "leak", counts);
    throw new EgressError("leak", `the call holds what may not leave, in ${all.length} places`);
  }

  async #known(tenant: string, questions: readonly Question[]): Promise<readonly Finding[]> {
    if (questions.length === 0) return [];
    const isKnown = await this.#parts
      .knownOf(
        tenant,
        questions.map(({ candidate }) => candidate),
      )
      .catch((cause: unknown) => {
        throw new EgressError("unreachable", "the vault could not be asked what it knows; nothing was sent", { cause });
      });
    return knownFindings(questions, isKnown);
  }

  async #record({ tenant, recipient }: EgressCall, code: EgressError["code"], findings: readonly CountedFinding[]): Promise<void> {
    await this.#parts.record.refused({ tenant, recipient, code, findings }).catch((error: unknown) => this.#parts.recordFailed(error));
  }
}

/** What an operator should hear of although nothing was wrong with the content. `leak` is recorded with its findings. */
const refusals: ReadonlySet<EgressError["code"]> = new Set(["host-not-registered", "address-refused", "redirect-refused"]);

function countedFindings(findings: readonly Finding[]): readonly CountedFinding[] {
  const counts = new Map<string, { finding: Finding; count: number }>();
  for (const finding of findings) {
    const key = JSON.stringify(finding);
    const held = counts.get(key);
    if (held === undefined) counts.set(key, { finding, count: 1 });
    else held.count++;
  }
  return Array.from(counts.values(), ({ finding, count }) => ({ ...finding, count }));
}
