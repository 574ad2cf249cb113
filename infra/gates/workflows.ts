import validate from "asl-validator";
import { filledIn, resourcesOf, type Finding, type Gate } from "./template.ts";

/** Amazon States Language of every state machine: forms of states, and that each target is there. */
export const workflows: Gate = (templates) =>
  resourcesOf(templates, "AWS::StepFunctions::StateMachine").flatMap(([at, { Properties }]): Finding[] => {
    // The validator's form of ARNs knows the partition `aws` alone, so that is what it is shown.
    const text = filledIn(Properties?.["DefinitionString"], { partition: "aws", suffix: "amazonaws.com" });
    const { isValid, errorsText } = validateText(String(text));
    return isValid ? [] : [{ rule: "states language", at, what: errorsText }];
  });

function validateText(text: string): { readonly isValid: boolean; readonly errorsText: string } {
  const result = validate(JSON.parse(text) as Record<string, unknown>);
  return { isValid: result.isValid, errorsText: result.errorsText() };
}
