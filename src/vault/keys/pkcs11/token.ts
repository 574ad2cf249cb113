import { KeyError } from "../provider.ts";
import {
  type Attribute,
  cka,
  type Cryptoki,
  type CryptokiModule,
  ckfUserPinLocked,
  type Handle,
  initialize,
  type LoadCryptoki,
  loadCryptoki,
  logIn,
  openSession,
  returnValueOf,
} from "./cryptoki.ts";
import { type TokenModel, tokenModel } from "./token-model.ts";

/** One login on one token. What it may do is what the token lets this user do. */
export interface Pkcs11Login {
  /** Path of the vendor's module, a shared library. */
  readonly modulePath: string;
  readonly tokenLabel: string;
  /** CloudHSM: `user:password`. */
  readonly pin: string;
}

/** PKCS #11 lets a session do one thing at a time (v2.40, section 5.1.4): so many can be under way. CloudHSM allows 1,024 to a process. */
const sessionsMax = 4;
const objectsMax = 1000;

/** A session that is in use by one caller. Handles of objects hold for it alone (CloudHSM, Client SDK 5), so each finds its keys itself, once. */
export class TokenSession {
  readonly cryptoki: Cryptoki;
  readonly handle: Handle;
  readonly #found = new Map<string, Handle>();

  constructor(cryptoki: Cryptoki, handle: Handle) {
    this.cryptoki = cryptoki;
    this.handle = handle;
  }

  /** @returns the key of a class with a label; null where there is none, or none that this login sees. */
  find(objectClass: number, label: string): Handle | null {
    const name = `${objectClass}|${label}`;
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const [first] = this.list([
      { type: cka.class, value: objectClass },
      { type: cka.label, value: label },
    ]);
    if (first !== undefined) this.#found.set(name, first);
    return first ?? null;
  }

  /** The objects that fit a template; at most a thousand. */
  list(template: readonly Attribute[]): readonly Handle[] {
    this.cryptoki.C_FindObjectsInit(this.handle, template);
    try {
      return this.cryptoki.C_FindObjects(this.handle, objectsMax);
    } finally {
      this.cryptoki.C_FindObjectsFinal(this.handle);
    }
  }

  /** In one call: each is a round trip to a CloudHSM. */
  attributes(object: Handle, types: readonly number[]): readonly Buffer[] {
    return this.cryptoki
      .C_GetAttributeValue(
        this.handle,
        object,
        types.map((type) => ({ type })),
      )
      .map(({ value }) => value);
  }
}

/**
 * A token under one login, with a pool of sessions. Where HSM or network went away, the work that met it is tried once more in fresh sessions under a fresh
 * login; keys are found again by their labels. A PIN that was refused is never tried again by this object, since a token locks after a few.
 */
export class Token {
  readonly model: TokenModel;
  readonly oaepParameters: number;
  readonly #module: CryptokiModule;
  readonly #login: Pkcs11Login;
  #pool: SessionPool;
  #refusal: KeyError | null = null;

  private constructor(module: CryptokiModule, login: Pkcs11Login, pool: SessionPool, model: TokenModel) {
    this.#module = module;
    this.oaepParameters = module.oaepParameters;
    this.#login = login;
    this.#pool = pool;
    this.model = model;
  }

  /** @throws {KeyError} `missing-library`, `wrong-provider`, `refused-credentials`, `unavailable` */
  static async connect(login: Pkcs11Login, load: LoadCryptoki = loadCryptoki): Promise<Token> {
    const module = await load(login.modulePath);
    try {
      const { slot, model } = findToken(module.cryptoki, login.tokenLabel);
      return new Token(module, login, connectPool(module.cryptoki, slot, login.pin), model);
    } catch (error) {
      throw keyErrorOf(error);
    }
  }

  /**
   * Does one piece of work in a session of its own.
   * @param refused where a return value that is neither of the connection, the login nor the token's powers means that the HSM looked at the input and
   *   refused it. Modules say CKR_GENERAL_ERROR for that and for an HSM that is gone: then the connection is asked.
   * @throws {KeyError}
   */
  async use<Result>(work: (session: TokenSession) => Promise<Result>, refused?: () => KeyError): Promise<Result> {
    if (this.#refusal !== null) throw this.#refusal;
    const pool = this.#pool;
    try {
      return await pool.use(work);
    } catch (error) {
      if (!(await this.#isLost(error, pool))) throw told(error, refused);
    }
    this.#reconnect(pool);
    const fresh = this.#pool;
    try {
      return await fresh.use(work);
    } catch (error) {
      throw (await this.#isLost(error, fresh)) ? keyErrorOf(error) : told(error, refused);
    }
  }

  /** Ends the sessions and, with the last of the process, the login. */
  close(): void {
    this.#pool.close();
  }

  async #isLost(error: unknown, pool: SessionPool): Promise<boolean> {
    const value = returnValueOf(error) ?? "";
    return lostConnection.has(value) || (vague.has(value) && !(await this.#answers(pool)));
  }

  async #answers(pool: SessionPool): Promise<boolean> {
    return pool
      .use(async ({ cryptoki, handle }) => cryptoki.C_GenerateRandom(handle, Buffer.alloc(8)))
      .then(
        () => true,
        () => false,
      );
  }

  /** In one turn of the loop, so no two callers do it at once. @throws {KeyError} */
  #reconnect(lost: SessionPool): void {
    // Another caller's reconnection serves this one too.
    if (this.#pool !== lost) return;
    try {
      const { cryptoki } = this.#module;
      lost.close();
      initialize(cryptoki);
      const { slot } = findToken(cryptoki, this.#login.tokenLabel);
      this.#pool = connectPool(cryptoki, slot, this.#login.pin);
    } catch (error) {
      const plain = keyErrorOf(error);
      if (plain.code === "refused-credentials") this.#refusal = plain;
      throw plain;
    }
  }
}

function findToken(cryptoki: Cryptoki, label: string): { readonly slot: Handle; readonly model: TokenModel } {
  for (const slot of cryptoki.C_GetSlotList(true)) {
    const info = cryptoki.C_GetTokenInfo(slot);
    if (info.label.trim() !== label) continue;
    // Trying it would be one more failed attempt.
    if ((info.flags & ckfUserPinLocked) !== 0) throw new KeyError("refused-credentials", "the token's PIN is locked");
    return { slot, model: tokenModel(cryptoki.C_GetInfo(), info) };
  }
  throw new KeyError("unavailable", "the module has no token of this label, or its HSM is away");
}

/** The first session logs in; a login holds for all sessions of the process on that token (v2.40, section 5.6). */
function connectPool(cryptoki: Cryptoki, slot: Handle, pin: string): SessionPool {
  const first = openSession(cryptoki, slot);
  try {
    logIn(cryptoki, first, pin);
  } catch (error) {
    if (returnValueOf(error) !== "CKR_USER_ALREADY_LOGGED_IN") {
      cryptoki.C_CloseSession(first);
      throw error;
    }
  }
  return new SessionPool(cryptoki, slot, first);
}

class SessionPool {
  readonly #cryptoki: Cryptoki;
  readonly #slot: Handle;
  readonly #all: TokenSession[] = [];
  readonly #free: TokenSession[] = [];
  #isClosed = false;
  readonly #waiting: ((session: TokenSession) => void)[] = [];

  constructor(cryptoki: Cryptoki, slot: Handle, first: Handle) {
    this.#cryptoki = cryptoki;
    this.#slot = slot;
    this.#free.push(this.#add(first));
  }

  async use<Result>(work: (session: TokenSession) => Promise<Result>): Promise<Result> {
    const session = await this.#take();
    try {
      this.#refuseClosed();
      return await work(session);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(session);
      else next(session);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { handle } of this.#all.splice(0)) {
      try {
        this.#cryptoki.C_CloseSession(handle);
      } catch {
        // It is gone already: that is why the pool is closed.
      }
    }
  }

  /** A handle that was closed may be another session's by now, and a session opened afterwards has no login. */
  #refuseClosed(): void {
    if (this.#isClosed) throw new Error("CKR_SESSION_CLOSED");
  }

  async #take(): Promise<TokenSession> {
    this.#refuseClosed();
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#all.length < sessionsMax) return this.#add(openSession(this.#cryptoki, this.#slot));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #add(handle: Handle): TokenSession {
    const session = new TokenSession(this.#cryptoki, handle);
    this.#all.push(session);
    return session;
  }
}

/** Sessions, login or device are gone; a new connection may help. Handles of keys go with their sessions. */
const lostConnection = new Set([
  "CKR_DEVICE_ERROR",
  "CKR_DEVICE_REMOVED",
  "CKR_DEVICE_MEMORY",
  "CKR_TOKEN_NOT_PRESENT",
  "CKR_TOKEN_NOT_RECOGNIZED",
  "CKR_SESSION_CLOSED",
  "CKR_SESSION_HANDLE_INVALID",
  "CKR_SLOT_ID_INVALID",
  "CKR_OBJECT_HANDLE_INVALID",
  "CKR_KEY_HANDLE_INVALID",
  "CKR_USER_NOT_LOGGED_IN",
  "CKR_CRYPTOKI_NOT_INITIALIZED",
  "CKR_OPERATION_ACTIVE",
]);

/** Said of anything. */
const vague = new Set(["CKR_GENERAL_ERROR", "CKR_FUNCTION_FAILED", "CKR_HOST_MEMORY"]);

const refusedCredentials = new Set([
  "CKR_PIN_INCORRECT",
  "CKR_PIN_INVALID",
  "CKR_PIN_LEN_RANGE",
  "CKR_PIN_EXPIRED",
  "CKR_PIN_LOCKED",
  "CKR_USER_PIN_NOT_INITIALIZED",
  "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
]);

const notPermitted = new Set([
  "CKR_KEY_FUNCTION_NOT_PERMITTED",
  "CKR_ACTION_PROHIBITED",
  "CKR_ATTRIBUTE_SENSITIVE",
  "CKR_TOKEN_WRITE_PROTECTED",
]);

/** The token cannot do what is asked of it, whatever the input: it lacks a mechanism, or a policy of its maker forbids a template. */
const unfit =
  /^CKR_(?:TEMPLATE_|ATTRIBUTE_|CURVE_NOT_SUPPORTED|DOMAIN_PARAMS_INVALID|FUNCTION_NOT_SUPPORTED|KEY_SIZE_RANGE|MECHANISM_INVALID$)/;

function told(error: unknown, refused: (() => KeyError) | undefined): KeyError {
  const plain = keyErrorOf(error);
  return plain.code === "unavailable" && !(error instanceof KeyError) && refused !== undefined ? refused() : plain;
}

/** The message names the return value, which is a constant of the standard, and nothing else of the cause. */
function keyErrorOf(error: unknown): KeyError {
  if (error instanceof KeyError) return error;
  const value = returnValueOf(error);
  // A mistake of this program.
  if (value === null) throw error;
  if (refusedCredentials.has(value)) return new KeyError("refused-credentials", `the token refuses the login (${value})`, { cause: error });
  if (notPermitted.has(value)) return new KeyError("not-permitted", `the token does not permit this (${value})`, { cause: error });
  if (unfit.test(value)) return new KeyError("wrong-provider", `the token cannot do this (${value})`, { cause: error });
  return new KeyError("unavailable", `the token does not answer (${value})`, { cause: error });
}
