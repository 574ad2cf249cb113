import type { ISecurityGroup, ISubnet } from "aws-cdk-lib/aws-ec2";
import { CfnStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { keyArn } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { roleArn } from "../lib/role-arns.ts";
import { PrivateLogGroup } from "./private-log-group.ts";

export interface ApprovalWorkflowProps {
  readonly clusterName: string;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
}

/**
 * The first clock is the approval policy's, at most seven days (src/approvals/policy.ts), and the granter ends an execution whose request is over; this is for one that it never hears of.
 * The second clock comes with the grant, as `executeBefore`.
 */
const approvalSeconds = 8 * 24 * 3600;
/** An opener takes two minutes with its start; one that takes longer is ended. */
const openerSeconds = 15 * 60;

/**
 * One execution for each request to release personal data (docs/decisions/0037-openers-on-a-platform.md), named `REQUEST-ROUND`. It tells the granter the token that it waits with; the
 * granter, which has verified the approvers' signatures, hands it back with the grant; then one opener is started for that grant, once. What goes in and out are ids: the workflow's
 * history holds nothing of a person. Whoever else starts or answers one opens nothing: the opener looks for the grant in the database.
 */
export class ApprovalWorkflow extends Construct {
  constructor(scope: EscStack, id: string, props: ApprovalWorkflowProps) {
    super(scope, id);
    const logs = new PrivateLogGroup(scope, `${id}Logs`, { name: "approvals" });
    new CfnStateMachine(this, "Machine", {
      stateMachineName: `${prefix}-approvals`,
      stateMachineType: "STANDARD",
      roleArn: roleArn(scope, "approvals"),
      definitionString: scope.toJsonString(approvalStates(scope, props)),
      encryptionConfiguration: { type: "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId: keyArn(scope, "logs"), kmsDataKeyReusePeriodSeconds: 300 },
      loggingConfiguration: {
        level: "ALL",
        includeExecutionData: false,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logs.group.logGroupArn } }],
      },
      tracingConfiguration: { enabled: false },
    });
  }
}

/** Amazon States Language of the workflow, JSONPath. */
export function approvalStates(stack: EscStack, { clusterName, subnets, securityGroup }: ApprovalWorkflowProps): object {
  const task = (resource: string): string => `arn:${stack.partition}:states:::${resource}`;
  const tell = (text: string, next: string): object => ({
    Type: "Task",
    Resource: task("sns:publish"),
    Parameters: { TopicArn: stack.arnOf("sns", `${prefix}-alarms`), Subject: text, "Message.$": "States.Format('request {}', $.request)" },
    ResultPath: null,
    Next: next,
  });
  return {
    Comment: "A release of personal data: wait for people, open once, end",
    StartAt: "AwaitApproval",
    States: {
      AwaitApproval: {
        Type: "Task",
        Resource: task("sqs:sendMessage.waitForTaskToken"),
        Parameters: {
          QueueUrl: `https://sqs.${stack.config.region}.${stack.urlSuffix}/${stack.account}/${prefix}-approvals.fifo`,
          // As src/cloud/aws-release-workflow.ts reads it.
          MessageBody: { "execution.$": "$$.Execution.Name", "tenant.$": "$.tenant", "token.$": "$$.Task.Token" },
          "MessageGroupId.$": "$.request",
          "MessageDeduplicationId.$": "$$.Execution.Name",
        },
        TimeoutSeconds: approvalSeconds,
        ResultPath: "$.approval",
        Catch: [
          { ErrorEquals: ["States.Timeout"], ResultPath: null, Next: "Expired" },
          { ErrorEquals: ["States.ALL"], ResultPath: null, Next: "NotGranted" },
        ],
        Next: "StillInTime",
      },
      StillInTime: {
        Type: "Choice",
        Choices: [{ Variable: "$$.State.EnteredTime", TimestampLessThanPath: "$.approval.executeBefore", Next: "Open" }],
        Default: "Expired",
      },
      Open: {
        Type: "Task",
        Resource: task("ecs:runTask.sync"),
        Parameters: {
          Cluster: clusterName,
          TaskDefinition: `${prefix}-opener`,
          LaunchType: "FARGATE",
          PlatformVersion: "LATEST",
          EnableExecuteCommand: false,
          // Makes a second start of the same task the first.
          "ClientToken.$": "$$.Execution.Name",
          NetworkConfiguration: {
            AwsvpcConfiguration: {
              AssignPublicIp: "DISABLED",
              Subnets: subnets.map((subnet) => subnet.subnetId),
              SecurityGroups: [securityGroup.securityGroupId],
            },
          },
          Overrides: {
            ContainerOverrides: [
              { Name: "opener", "Command.$": "States.Array('open', '--grant', $.approval.grant, '--tenant', $.tenant)" },
            ],
          },
        },
        TimeoutSeconds: openerSeconds,
        ResultPath: null,
        // Not retried: a grant is for one use, and whether it was used the audit log knows, not this workflow.
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: null, Next: "TellOfFailure" }],
        Next: "Opened",
      },
      Opened: { Type: "Succeed" },
      TellOfFailure: tell("An opener did not end well", "Failed"),
      Failed: { Type: "Fail", Error: "OpenerFailed", Cause: "See the audit log: the outcome may be unknown" },
      NotGranted: { Type: "Fail", Error: "NotGranted" },
      Expired: { Type: "Fail", Error: "Expired" },
    },
  };
}
