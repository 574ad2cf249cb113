import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeCustomKeyStoresCommand,
  DescribeKeyCommand,
  KMSClient,
  NotFoundException,
} from "@aws-sdk/client-kms";

/** What CloudFormation sends to a custom resource (CloudFormation user guide, "Custom resource request objects"). */
export interface Request {
  readonly RequestType: "Create" | "Update" | "Delete";
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: KeyProperties;
  readonly OldResourceProperties?: KeyProperties;
}

export interface KeyProperties {
  readonly Origin: "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE";
  readonly CustomKeyStoreId: string;
  /** Of the key in the outside HSM, for an external key store. */
  readonly XksKeyId?: string;
  /** `alias/…`: says which key is this one, so that a repeated request finds what the first has made. */
  readonly Alias: string;
  readonly Description: string;
  /** JSON; final from the first moment, since whoever makes keys may not change who uses them. */
  readonly Policy: string;
}

/** Stands for a key that was not made: CloudFormation asks to delete it when it takes a failed creation back. */
const notMade = "not-made";

/** Makes a key in a custom key store, which CloudFormation cannot (`AWS::KMS::Key` has no `CustomKeyStoreId`). Never deletes one, whoever asks. */
export async function handler(request: Request): Promise<void> {
  await answer(request, new KMSClient({}));
}

/** The handler with its client; always answers, for an unanswered request holds a deployment for an hour. */
export async function answer(request: Request, kms: KMSClient): Promise<void> {
  const result = await decide(request, kms).then(
    (key) => ({ Status: "SUCCESS", ...key }),
    (error: unknown) => ({
      Status: "FAILED",
      PhysicalResourceId: request.PhysicalResourceId ?? notMade,
      Reason: error instanceof Error ? error.message : "unknown",
    }),
  );
  const { StackId, RequestId, LogicalResourceId } = request;
  const body = JSON.stringify({ StackId, RequestId, LogicalResourceId, ...result });
  // The address is signed without a content type; fetch would add one.
  const response = await fetch(request.ResponseURL, { method: "PUT", body, headers: { "content-type": "" } });
  if (!response.ok) throw new Error(`CloudFormation did not take the answer: ${response.status}`);
}

type Made = { readonly PhysicalResourceId: string; readonly Data?: { readonly Arn: string } };

async function decide(request: Request, kms: KMSClient): Promise<Made> {
  switch (request.RequestType) {
    case "Create":
      return made(await createKey(request.ResourceProperties, kms));
    case "Update":
      return made(await unchangedKey(request, kms));
    case "Delete":
      if (request.PhysicalResourceId === notMade) return { PhysicalResourceId: notMade };
      throw new Error("a stack does not delete keys: what they wrap would be lost; see docs/operations/keys-aws.md, Epochs");
  }
}

function made(arn: string): Made {
  return { PhysicalResourceId: arn, Data: { Arn: arn } };
}

async function createKey(properties: KeyProperties, kms: KMSClient): Promise<string> {
  const there = await findKey(properties.Alias, kms);
  if (there !== null) return there;
  await expectConnected(properties.CustomKeyStoreId, kms);
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({
      Origin: properties.Origin,
      CustomKeyStoreId: properties.CustomKeyStoreId,
      ...(properties.XksKeyId === undefined ? {} : { XksKeyId: properties.XksKeyId }),
      Description: properties.Description,
      Policy: properties.Policy,
      // The policy gives its maker no right to change it, which is what this check would insist on.
      BypassPolicyLockoutSafetyCheck: true,
    }),
  );
  const arn = KeyMetadata?.Arn;
  if (arn === undefined) throw new Error("KMS made a key and did not name it");
  await kms.send(new CreateAliasCommand({ AliasName: properties.Alias, TargetKeyId: arn }));
  return arn;
}

async function findKey(alias: string, kms: KMSClient): Promise<string | null> {
  try {
    return (await kms.send(new DescribeKeyCommand({ KeyId: alias }))).KeyMetadata?.Arn ?? null;
  } catch (error) {
    if (error instanceof NotFoundException) return null;
    throw error;
  }
}

/** KMS would say so as well, but not in which state the store is. */
async function expectConnected(storeId: string, kms: KMSClient): Promise<void> {
  const { CustomKeyStores } = await kms.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId: storeId }));
  const state = CustomKeyStores?.[0]?.ConnectionState ?? "not there";
  if (state !== "CONNECTED") throw new Error(`the key store ${storeId} must be connected, and is: ${state}`);
}

/** A key in a store does not move, and who may use it is changed by key administrators alone. */
async function unchangedKey(request: Request, kms: KMSClient): Promise<string> {
  const [now, before] = [request.ResourceProperties, request.OldResourceProperties];
  const changed = (["Origin", "CustomKeyStoreId", "XksKeyId", "Alias", "Policy"] as const).filter((name) => now[name] !== before?.[name]);
  if (changed.length > 0)
    throw new Error(
      `${changed.join(", ")} of a key cannot be changed by a stack: make a new epoch, or hand the policy to a key administrator`,
    );
  const arn = await findKey(now.Alias, kms);
  if (arn === null || arn !== request.PhysicalResourceId) throw new Error("the key is not the one that the stack made");
  return arn;
}
