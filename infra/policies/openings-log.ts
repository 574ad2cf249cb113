import { arnsOf, servicePrincipal } from "./arn.ts";
import type { PolicyContext } from "./context.ts";
import { policy, type PolicyDocument } from "./document.ts";

/** Lets rules of the event bus write what was opened into the log group that it is counted in (EventBridge user guide, "CloudWatch Logs permissions"). */
export function openingsLogPolicy(context: PolicyContext, logGroup: string): PolicyDocument {
  return policy({
    Sid: "RulesWrite",
    Effect: "Allow",
    Principal: { Service: ["events", "delivery.logs"].map(servicePrincipal) },
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: arnsOf(context).of("logs", "processing", `log-group:${logGroup}:*`),
    Condition: { StringEquals: { "aws:SourceAccount": context.accounts.processing } },
  });
}
