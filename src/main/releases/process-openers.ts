import type { GranterStore } from "../../store/approval-store.ts";
import type { OpenSubject } from "../../vault/opening.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import type { Openers } from "./openers.ts";

const atOnce = 4;
const takenMax = 50;
/** An opener that did not use its grant is started again, until the grant's time is over. */
const retryMs = 5_000;

/** By this machine's supervisor: a process for each grant, a few at a time. */
export class ProcessOpeners implements Openers {
  readonly #store: Pick<GranterStore, "toUse" | "loseUse">;
  readonly #open: OpenSubject;
  readonly #log: ProgramLog;
  readonly #ended: () => void;
  /** Uses under way, by grant. */
  readonly #uses = new Map<string, Promise<void>>();
  readonly #notBefore = new Map<string, number>();

  /** @param ended an opener has ended, so another may start. */
  constructor(store: Pick<GranterStore, "toUse" | "loseUse">, open: OpenSubject, log: ProgramLog, ended: () => void) {
    this.#store = store;
    this.#open = open;
    this.#log = log;
    this.#ended = ended;
  }

  async turn(): Promise<void> {
    for (const { tenant, grant } of await this.#store.toUse(takenMax)) this.#use(tenant, grant);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#uses.values());
  }

  #use(tenant: string, grant: string): void {
    if (this.#uses.has(grant) || this.#uses.size >= atOnce || performance.now() < (this.#notBefore.get(grant) ?? 0)) return;
    const using = this.#open({ tenant, approved: grant, purpose: "transfer" })
      .then(
        (opened) =>
          void (
            opened.purpose === "transfer" &&
            this.#log.info({ grant, state: opened.state, outcome: opened.outcome }, "a transfer was carried out")
          ),
        async (error: unknown) => {
          // Whoever started it answers when its process has ended.
          const isLost = await this.#store.loseUse(grant).catch(() => null);
          this.#log.error({ grant, isLost, ...errorKind(error) }, "an opener did not say what became of its transfer");
        },
      )
      .finally(() => {
        this.#uses.delete(grant);
        if (this.#notBefore.size > 1_000) this.#notBefore.clear();
        this.#notBefore.set(grant, performance.now() + retryMs);
        this.#ended();
      });
    this.#uses.set(grant, using);
  }
}
