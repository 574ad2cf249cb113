import { group } from "../cell.ts";
import { byToken, ofObjectIn, under, viaSns, viaSqs } from "./requests.ts";

const inspection = "arn:aws-eusc:states:eusc-de-east-1:700000000007:stateMachine:parcelkeep-audit";
const ofItsState = { "kms:EncryptionContext:aws:states:stateMachineArn": inspection };

/** The machines: requests that wait for people, and what is asked of the evidence every day. */
export const workflowCells = [
  ...group("request", "F", [
    ["approvals", "sqs:SendMessage", "queue approvals", "allowed"],
    ["approvals", "kms:GenerateDataKey", "key queue", "allowed", { having: viaSqs, from: "service" }],
    ["granter", "sqs:ReceiveMessage", "queue approvals", "allowed"],
    ["granter", "kms:Decrypt", "key queue", "allowed", { having: viaSqs, from: "service" }],
    ["granter", "sqs:SendMessage", "queue approvals", ["queue approvals NobodyElseSends"]],
    ["administrator@processing", "sqs:ReceiveMessage", "queue approvals-dead", ["queue approvals-dead NobodyElseReceives", "queue approvals-dead ThroughOurEndpoint"]],
    ["administrator@processing", "sqs:SendMessage", "queue approvals-dead", ["queue approvals-dead NobodyElseSends", "queue approvals-dead ThroughOurEndpoint"]],
    ["granter", "sqs:ReceiveMessage", "queue approvals-dead", ["queue approvals-dead TlsOnly", "rcp perimeter TlsOnly"], { having: { "aws:SecureTransport": "false" } }],
    ["outbound", "sqs:ReceiveMessage", "queue approvals", ["queue approvals NobodyElseReceives"]],
    ["front", "sqs:SendMessage", "queue approvals", ["queue approvals NobodyElseSends"]],
    ["granter", "sqs:ReceiveMessage", "queue approvals", ["boundary boundary-process OnlyFromOurNetwork", "queue approvals ThroughOurEndpoint"], { from: "outside" }],
    ["granter", "sqs:ReceiveMessage", "queue approvals", ["queue approvals TlsOnly", "rcp perimeter TlsOnly"], { having: { "aws:SecureTransport": "false" } }],
    ["deployer@security", "kms:CreateKey", "*", "allowed", { having: { "kms:KeyOrigin": "AWS_KMS", "kms:MultiRegion": "false" } }],
    ["deployer", "kms:CreateKey", "*", ["scp keys NoKeysByOthers"], { having: { "kms:KeyOrigin": "AWS_KMS", "kms:MultiRegion": "false" } }],
    ["deployer@security", "kms:PutKeyPolicy", "key wrapping", ["key wrapping UsersDoNotAdminister", "scp keys NoKeyPoliciesByOthers"]],
  ]),
  ...group("inspection", "E3", [
    ["service:states", "sts:AssumeRole", "role inspector", "allowed", { having: { "aws:SourceAccount": "700000000007", "aws:SourceArn": inspection } }],
    ["service:scheduler", "sts:AssumeRole", "role inspector", "allowed", { having: { "aws:SourceAccount": "700000000007" } }],
    ["auditor-person", "sts:AssumeRole", "role inspector", "not granted", { having: byToken }],
    ["inspector", "states:StartExecution", `at analytics ${inspection}`, "allowed"],
    ["inspector", "athena:StartQueryExecution", "at analytics arn:aws-eusc:athena:eusc-de-east-1:700000000007:workgroup/parcelkeep-audit", "allowed"],
    ["inspector", "glue:GetTable", "at analytics arn:aws-eusc:glue:eusc-de-east-1:700000000007:table/parcelkeep_audit/trail", "allowed"],
    ["inspector", "lakeformation:GetDataAccess", "*", "allowed"],
    ["inspector", "s3:GetObject", "object trail AWSLogs/1", "allowed", { from: "service" }],
    ["inspector", "s3:GetObject", "object evidence inventory/raw/1", "allowed", { from: "service" }],
    ["inspector", "s3:ListBucket", "bucket trail", "allowed", { from: "service" }],
    ["inspector", "s3:PutObject", "object queries 1", "allowed", { having: under("audit"), from: "service" }],
    ["inspector", "s3:PutObject", "object evidence releases/1", "not granted", { having: under("audit"), from: "service" }],
    ["inspector", "kms:Decrypt", "key audit", "allowed", { having: ofObjectIn("trail"), from: "service" }],
    ["inspector", "sns:Publish", "at analytics arn:aws-eusc:sns:eusc-de-east-1:700000000007:parcelkeep-alarms", "allowed"],
    ["inspector", "kms:GenerateDataKey", "key queue", "allowed", { having: viaSns, from: "service" }],
    ["inspector", "kms:GenerateDataKey", "key logs", "allowed", { having: ofItsState, from: "service" }],
    ["inspector", "logs:CreateLogDelivery", "*", "allowed"],
    ["inspector", "kms:GetPublicKey", "key signing", "not granted"],
  ]),
];
