import { CfnAccount, CfnBasePathMapping, CfnDeployment, CfnDomainName, CfnRestApi, CfnStage, CfnVpcLink } from "aws-cdk-lib/aws-apigateway";
import { CfnRole } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { frontHost } from "../lib/addresses.ts";
import type { EscStack } from "../lib/esc-stack.ts";
import { prefix } from "../lib/prefix.ts";
import { servicePrincipal } from "../policies/arn.ts";
import { PrivateLogGroup } from "./private-log-group.ts";

/** Requests a second that are let through; the account's own limit is 10,000 (API Gateway developer guide, "Quotas"). */
const requestsPerSecond = 8000;

/**
 * The address that senders and shoppers call. API Gateway has it so that no network of ours needs an internet gateway. It passes bodies on as the bytes that
 * came, since signatures are over them, and logs neither paths nor bodies: a path may hold a shopper's tracking id.
 */
export class WebEntry extends Construct {
  readonly stageArn: string;
  readonly apiName = `${prefix}-entry`;
  readonly target: string;

  constructor(scope: EscStack, id: string, loadBalancerArn: string) {
    super(scope, id);
    const { config } = scope;
    const link = new CfnVpcLink(this, "Link", { name: prefix, targetArns: [loadBalancerArn] });
    const api = new CfnRestApi(this, "Api", {
      name: this.apiName,
      endpointConfiguration: { types: ["REGIONAL"] },
      // Only under its own name, behind its own certificate.
      disableExecuteApiEndpoint: true,
      body: everythingTo(`https://${frontHost(config)}`, link.ref),
      failOnWarnings: true,
    });
    const deployment = new CfnDeployment(this, "Deployment", { restApiId: api.ref });
    const stage = this.stage(scope, api, deployment);
    this.stageArn = `arn:${scope.partition}:apigateway:${config.region}::/restapis/${api.ref}/stages/${stage.ref}`;
    const domain = new CfnDomainName(this, "Name", {
      domainName: config.entry.hostName,
      regionalCertificateArn: scope.arnOf("acm", `certificate/${config.entry.publicCertificateId}`),
      endpointConfiguration: { types: ["REGIONAL"] },
      // Carriers' systems are old: TLS 1.3 only would lose their webhooks.
      securityPolicy: "TLS_1_2",
    });
    new CfnBasePathMapping(this, "Mapping", { domainName: domain.ref, restApiId: api.ref, stage: stage.ref });
    this.target = domain.attrRegionalDomainName;
  }

  private stage(stack: EscStack, api: CfnRestApi, deployment: CfnDeployment): CfnStage {
    const logs = new PrivateLogGroup(stack, "EntryLogs", { name: "entry" });
    const account = new CfnAccount(this, "Account", { cloudWatchRoleArn: logWriter(this, stack).attrArn });
    const stage = new CfnStage(this, "Stage", {
      restApiId: api.ref,
      deploymentId: deployment.ref,
      stageName: "live",
      accessLogSetting: { destinationArn: logs.group.logGroupArn, format: accessLine },
      methodSettings: [
        {
          httpMethod: "*",
          resourcePath: "/*",
          metricsEnabled: true,
          // Anything but OFF writes requests into the log.
          loggingLevel: "OFF",
          dataTraceEnabled: false,
          throttlingRateLimit: requestsPerSecond,
          throttlingBurstLimit: requestsPerSecond,
        },
      ],
      // A trace holds the whole address.
      tracingEnabled: false,
    });
    stage.addResourceDependency(account);
    return stage;
  }
}

/** No path, no address of the caller, no user agent. `resourcePath` is the template. */
const accessLine = JSON.stringify({
  requestId: "$context.requestId",
  time: "$context.requestTimeEpoch",
  method: "$context.httpMethod",
  resource: "$context.resourcePath",
  status: "$context.status",
  latencyMs: "$context.responseLatency",
  frontMs: "$context.integrationLatency",
  bytes: "$context.responseLength",
  firewall: "$context.wafResponseCode",
});

/** OpenAPI of an interface that hands on every method of every path. */
function everythingTo(front: string, connectionId: string): object {
  const method = (path: string, parameters: Readonly<Record<string, string>>): object => ({
    "x-amazon-apigateway-any-method": {
      parameters: Object.keys(parameters).map(() => ({ name: "proxy", in: "path", required: true, type: "string" })),
      responses: {},
      security: [],
      "x-amazon-apigateway-integration": {
        type: "http_proxy",
        httpMethod: "ANY",
        uri: `${front}${path}`,
        connectionType: "VPC_LINK",
        connectionId,
        requestParameters: parameters,
        passthroughBehavior: "when_no_match",
        timeoutInMillis: 29_000,
      },
    },
  });
  return {
    swagger: "2.0",
    info: { title: `${prefix}-entry`, version: "1" },
    "x-amazon-apigateway-binary-media-types": ["*/*"],
    paths: {
      "/": method("/", {}),
      "/{proxy+}": method("/{proxy}", { "integration.request.path.proxy": "method.request.path.proxy" }),
    },
  };
}

/** API Gateway writes its logs with one role of the account. */
function logWriter(scope: Construct, stack: EscStack): CfnRole {
  return new CfnRole(scope, "LogWriter", {
    roleName: `${prefix}-entry-logs`,
    assumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "ByApiGateway",
          Effect: "Allow",
          Principal: { Service: servicePrincipal("apigateway") },
          Action: "sts:AssumeRole",
          Condition: { StringEquals: { "aws:SourceAccount": stack.account } },
        },
      ],
    },
    managedPolicyArns: [`arn:${stack.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs`],
  });
}
