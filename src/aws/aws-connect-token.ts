import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { KMSClient } from "@aws-sdk/client-kms";
import { SignatureV4 } from "@smithy/signature-v4";
import { awsClient } from "./aws-client.ts";
import type { AwsConnection } from "./connection.ts";

/** A token is good for 15 minutes (RDS user guide, "IAM database authentication"; ElastiCache user guide, "Authenticating with IAM"). */
const tokenSeconds = 15 * 60;

export interface ConnectTarget {
  readonly service: "rds-db" | "elasticache";
  readonly hostname: string;
  /** Part of what is signed for a database. */
  readonly port?: number;
  readonly query: Readonly<Record<string, string>>;
}

/** For a database of RDS or Aurora. */
export function databaseTarget(hostname: string, port: number, user: string): ConnectTarget {
  return { service: "rds-db", hostname, port, query: { Action: "connect", DBUser: user } };
}

/** For a cache of ElastiCache. @param name of the cache, not its host. */
export function cacheTarget(name: string, user: string, isServerless: boolean): ConnectTarget {
  const query = { Action: "connect", User: user, ...(isServerless ? { ResourceType: "ServerlessCache" } : {}) };
  return { service: "elasticache", hostname: name, query };
}

/**
 * What stands in for a password where IAM says who may come in: the address of a request that is signed (Signature Version 4, in the query) and never
 * sent. Made without asking anybody but the platform for the role's credentials.
 * @returns a token that is good for 15 minutes.
 */
export function connectTokens(connection: AwsConnection, { service, hostname, port, query }: ConnectTarget): () => Promise<string> {
  // Any client has the chain of credentials that all have.
  const { credentials } = awsClient(KMSClient, "kms", connection).config;
  const signer = new SignatureV4({ service, region: connection.place.region, credentials, sha256: Sha256, applyChecksum: false });
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return async () => {
    const request = { method: "GET", protocol: "https:", hostname, path: "/", query: { ...query }, headers: { host } };
    const signed = await signer.presign(request, { expiresIn: tokenSeconds });
    const parts = Object.entries(signed.query ?? {}).map(
      ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
    );
    return `${host}/?${parts.join("&")}`;
  };
}

/** As the signer wants it. */
class Sha256 {
  readonly #secret: string | Uint8Array | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: unknown) {
    this.#secret = secret as string | Uint8Array | undefined;
    this.#hash = this.#begin();
  }

  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash("sha256") : createHmac("sha256", this.#secret);
  }
}
