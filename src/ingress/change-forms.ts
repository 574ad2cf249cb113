import { Type, type Static } from "typebox";
import { Check } from "typebox/value";
import type { Agreement } from "../domain/agreement.ts";
import { categoryNames } from "../domain/category.ts";
import { lawfulBases, transferTools } from "../domain/register-entry.ts";

const literals = <Text extends string>(texts: readonly Text[]) => Type.Union(texts.map((text) => Type.Literal(text)));
const strict = { additionalProperties: false };

/** What a tenant has agreed with a recipient; what is left out is as the register says. */
export const AgreementForm = Type.Object(
  {
    contract: Type.Optional(
      Type.Object({ reference: Type.String({ minLength: 1, maxLength: 200 }), date: Type.String({ format: "date" }) }, strict),
    ),
    lawfulBasis: Type.Optional(literals(lawfulBases)),
    transferTool: Type.Optional(literals(transferTools)),
    fieldsAllowed: Type.Optional(Type.Array(literals(categoryNames), { uniqueItems: true, maxItems: 20 })),
    handoverUrl: Type.Optional(
      Type.String({
        pattern: "^https://[a-z0-9.:-]{1,260}(?:/[A-Za-z0-9_.~-]{1,80}){0,8}$",
        description: "where fields are handed over, at one of the recipient's hosts (docs/handover.md)",
      }),
    ),
  },
  strict,
);

/** What a tenant forbids beyond the law. */
export const TransferPolicyForm = Type.Object(
  {
    refusesOwnersOutsideEea: Type.Boolean({ description: "recipients whose ultimate owner sits outside the EEA get nothing" }),
    refusedRecipients: Type.Array(Type.String({ pattern: "^[a-z0-9][a-z0-9-]{1,39}$" }), {
      uniqueItems: true,
      maxItems: 100,
      description: "sources that get nothing",
    }),
  },
  strict,
);

const PersonsDays = Type.Integer({ minimum: 1, maximum: 120 });

/** Terms of retention, in whole days; what is left out stays. */
export const RetentionForm = Type.Object(
  {
    auditDays: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 36_500, description: "files of the audit log are locked so long, from their writing on" }),
    ),
    personalDays: Type.Optional(PersonsDays),
    textDays: Type.Optional(PersonsDays),
  },
  { ...strict, minProperties: 1 },
);

/** The agreement as it is kept: with a null where the register's own stays. */
export function agreementOf(body: Static<typeof AgreementForm>): Agreement {
  const { contract, lawfulBasis, transferTool, fieldsAllowed, handoverUrl } = body;
  return {
    contract: contract ?? null,
    lawfulBasis: lawfulBasis ?? null,
    transferTool: transferTool ?? null,
    fieldsAllowed: fieldsAllowed ?? null,
    handoverUrl: handoverUrl ?? null,
  } as Agreement;
}

/** A change's content as it is kept, and approved; null where it does not fit its form. What has no form here, others look at. */
export function keptContent(change: string, content: unknown): unknown {
  if (change === "agreement") return Check(AgreementForm, content) ? agreementOf(content as Static<typeof AgreementForm>) : null;
  if (change === "transfer-policy") return Check(TransferPolicyForm, content) ? content : null;
  if (change === "retention") return Check(RetentionForm, content) ? content : null;
  return content;
}
