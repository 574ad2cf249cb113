import { callTold, deniedAccess, type Meaning, meaningOf, refusedCredentials, type SdkError } from "../aws/sdk-error.ts";
import { EventBusError } from "./event-bus.ts";

/** By the error's name in the API references of EventBridge (PutEvents) and SNS (PublishBatch); SNS's older names have no suffix. */
const meanings: readonly Meaning<EventBusError["code"]>[] = [
  [
    "not-permitted",
    "the bus's policy or the caller's does not allow this",
    new Set([...deniedAccess, "AuthorizationError", "AuthorizationErrorException"]),
  ],
  ["not-permitted", "the credentials are wrong or expired", refusedCredentials],
  [
    "not-permitted",
    "the key that encrypts the bus does not allow this",
    new Set(["KMSAccessDenied", "KMSAccessDeniedException", "KMSOptInRequired"]),
  ],
  ["misconfigured", "there is no such bus", new Set(["ResourceNotFound", "ResourceNotFoundException", "NotFound", "NotFoundException"])],
  [
    "misconfigured",
    "the key that encrypts the bus is not of use",
    new Set(["KMSDisabled", "KMSDisabledException", "KMSNotFound", "KMSNotFoundException", "KMSInvalidState", "KMSInvalidStateException"]),
  ],
];

/** As `askSqs` does for the queue. @throws {EventBusError} */
export async function askBus<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const [code, message] = meaningOf((error as SdkError).name, meanings, ["unavailable", "the event bus was not reached"]);
    throw new EventBusError(code, message, { cause: callTold(error as SdkError) });
  }
}
