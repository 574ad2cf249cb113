/** An IAM policy as it is stored: plain data, in the capitals that AWS gives it (IAM user guide, "Grammar of the IAM JSON policy language"). */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

export interface Statement {
  /** Names the statement in the truth table and in denials. Letters and digits; unique in its document. */
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: Principal;
  readonly Action?: Texts;
  readonly NotAction?: Texts;
  readonly Resource?: Texts;
  readonly Condition?: Conditions;
}

export type Texts = string | readonly string[];
export type Principal = "*" | Readonly<Partial<Record<"AWS" | "Service" | "Federated", Texts>>>;
/** Operator → condition key → values. All of them must hold. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, Texts>>>>;

export function policy(...statements: readonly Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

/** As it counts against AWS's limits, and as Terraform and the truth table read it. */
export function minified(document: PolicyDocument): string {
  return JSON.stringify(document);
}

export function textsOf(texts: Texts | undefined): readonly string[] {
  return texts === undefined ? [] : typeof texts === "string" ? [texts] : texts;
}
