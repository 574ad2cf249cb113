import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { ApprovalWorkflow } from "../constructs/approval-workflow.ts";
import { EscStack } from "../lib/esc-stack.ts";
import type { NetworkStack } from "./network.ts";
import type { ServiceStack } from "./service.ts";

/** The exception path: people first, then one opener. */
export class WorkflowStack extends EscStack {
  constructor(scope: Construct, config: Config, network: NetworkStack, service: ServiceStack) {
    super(scope, config, "processing", "workflow", "Approval of releases, and the opener that one approval starts");
    new ApprovalWorkflow(this, "Approvals", {
      clusterName: service.clusterName,
      subnets: network.subnets("connector"),
      securityGroup: network.securityGroup("opener"),
    });
  }
}
