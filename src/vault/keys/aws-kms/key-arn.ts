import { type Place, PlaceError, resourceIn } from "../../../aws/place.ts";
import { KeyError } from "../provider.ts";

declare const brand: unique symbol;
/** The full name of one key. Never an alias, which somebody could point at another key later. */
export type KeyArn = string & { readonly [brand]: "KeyArn" };

const keyForm = /^key\/(?:mrk-)?[0-9a-f-]{32,36}$/;

/** @throws {KeyError} `wrong-provider` where this is no key ARN, or the key lives elsewhere. */
export function keyArnIn(place: Place, text: string): KeyArn {
  if (!keyForm.test(keyResource(place, text))) throw new KeyError("wrong-provider", "expected the ARN of a key, not an alias or a bare id");
  return text as KeyArn;
}

function keyResource(place: Place, text: string): string {
  try {
    return resourceIn(place, "kms", text);
  } catch (error) {
    if (!(error instanceof PlaceError)) throw error;
    const message = error.code === "not-an-arn" ? "expected the ARN of a key, not an alias or a bare id" : error.message;
    throw new KeyError("wrong-provider", message, { cause: error });
  }
}
