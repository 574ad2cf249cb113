import { CfnScalableTarget, CfnScalingPolicy } from "aws-cdk-lib/aws-applicationautoscaling";
import type { ISecurityGroup, ISubnet } from "aws-cdk-lib/aws-ec2";
import { CfnService, type CfnCluster } from "aws-cdk-lib/aws-ecs";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { prefix } from "../lib/prefix.ts";
import type { Surroundings } from "../lib/program-environment.ts";
import type { Scaled, ServiceRole } from "../lib/service-roles.ts";
import { ProgramTask } from "./program-task.ts";

export interface RoleServiceProps {
  readonly role: ServiceRole;
  readonly cluster: CfnCluster;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
  readonly surroundings: Surroundings;
  /** Of the front, which alone is called by others. */
  readonly targetGroupArn?: string;
}

/** A role of the program as a service: as many tasks as it needs, on no public address, replaced one by one and rolled back by itself. */
export class RoleService extends Construct {
  readonly service: CfnService;

  constructor(scope: EscStack, id: string, props: RoleServiceProps) {
    super(scope, id);
    const { role, cluster, subnets, securityGroup, surroundings, targetGroupArn } = props;
    const { definition } = new ProgramTask(scope, `${id}Task`, {
      process: role.name,
      command: ["serve", "--role", role.name],
      cpu: role.cpu,
      memoryMiB: role.memoryMiB,
      drainSeconds: role.drainSeconds,
      surroundings,
    });
    const alone = role.instances === "one";
    this.service = new CfnService(this, "Service", {
      serviceName: `${prefix}-${role.name}`,
      cluster: cluster.ref,
      taskDefinition: definition.ref,
      launchType: "FARGATE",
      platformVersion: "LATEST",
      desiredCount: role.instances === "one" ? 1 : role.instances === "one-and-a-spare" ? 2 : role.instances.min,
      enableExecuteCommand: false,
      deploymentConfiguration: {
        // A role that works alone is stopped before its successor starts.
        minimumHealthyPercent: alone ? 0 : 100,
        maximumPercent: alone ? 100 : 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
      networkConfiguration: {
        awsvpcConfiguration: {
          assignPublicIp: "DISABLED",
          subnets: subnets.map((subnet) => subnet.subnetId),
          securityGroups: [securityGroup.securityGroupId],
        },
      },
      propagateTags: "SERVICE",
      ...(targetGroupArn === undefined
        ? {}
        : {
            loadBalancers: [{ containerName: role.name, containerPort: 8080, targetGroupArn }],
            // Reading the register and opening a session key at KMS take seconds.
            healthCheckGracePeriodSeconds: 60,
          }),
    });
    if (typeof role.instances === "object") this.scale(role.name, cluster, role.instances);
  }

  private scale(name: string, cluster: CfnCluster, { min, max, by }: Scaled): void {
    const target = new CfnScalableTarget(this, "Tasks", {
      serviceNamespace: "ecs",
      scalableDimension: "ecs:service:DesiredCount",
      resourceId: `service/${cluster.ref}/${prefix}-${name}`,
      minCapacity: min,
      maxCapacity: max,
    });
    target.addResourceDependency(this.service);
    const common = { scaleInCooldown: 300, scaleOutCooldown: 30 };
    new CfnScalingPolicy(this, "Scaling", {
      policyName: `${prefix}-${name}`,
      policyType: "TargetTrackingScaling",
      scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration:
        "processorPercent" in by
          ? {
              ...common,
              targetValue: by.processorPercent,
              predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
            }
          : {
              ...common,
              targetValue: by.messagesPerTask,
              customizedMetricSpecification: { metrics: backlogPerTask(`${prefix}-${by.queue}.fifo`, cluster.ref, `${prefix}-${name}`) },
            },
    });
  }
}

/** Messages that wait, for each task that runs. */
function backlogPerTask(queue: string, cluster: string, service: string): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty[] {
  return [
    {
      id: "waiting",
      returnData: false,
      metricStat: {
        stat: "Sum",
        metric: {
          namespace: "AWS/SQS",
          metricName: "ApproximateNumberOfMessagesVisible",
          dimensions: [{ name: "QueueName", value: queue }],
        },
      },
    },
    {
      id: "running",
      returnData: false,
      metricStat: {
        stat: "Average",
        metric: {
          namespace: "ECS/ContainerInsights",
          metricName: "RunningTaskCount",
          dimensions: [
            { name: "ClusterName", value: cluster },
            { name: "ServiceName", value: service },
          ],
        },
      },
    },
    { id: "each", expression: "waiting / running", label: "waiting messages for each task", returnData: true },
  ];
}
