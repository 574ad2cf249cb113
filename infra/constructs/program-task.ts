import { CfnTaskDefinition } from "aws-cdk-lib/aws-ecs";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import type { Process } from "../lib/flows.ts";
import { prefix } from "../lib/prefix.ts";
import { dataFolder, programEnvironment, programSecrets, type Surroundings } from "../lib/program-environment.ts";
import { roleArn } from "../lib/role-arns.ts";
import { PrivateLogGroup } from "./private-log-group.ts";

export interface ProgramTaskProps {
  readonly process: Process;
  readonly command: readonly string[];
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly drainSeconds: number;
  readonly surroundings: Surroundings;
}

/** User and group of the image (distroless `nonroot`). */
const nobody = "65532:65532";

/**
 * One process of the program in a container that can write nowhere but into its own scratch, has no capability, no shell to get into and no address of its
 * own on the internet. The image is a digest: what was signed is what runs.
 */
export class ProgramTask extends Construct {
  readonly definition: CfnTaskDefinition;

  constructor(scope: EscStack, id: string, props: ProgramTaskProps) {
    super(scope, id);
    const { process, command, cpu, memoryMiB, drainSeconds, surroundings } = props;
    const { config } = scope;
    const logs = new PrivateLogGroup(scope, `${id}Logs`, { name: process });
    const registry = `${config.accounts.processing}.dkr.ecr.${config.region}.${scope.urlSuffix}`;
    this.definition = new CfnTaskDefinition(this, "Task", {
      family: `${prefix}-${process}`,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      runtimePlatform: { cpuArchitecture: "X86_64", operatingSystemFamily: "LINUX" },
      cpu: String(cpu),
      memory: String(memoryMiB),
      executionRoleArn: roleArn(scope, process === "role-maker" ? "role-maker-execution" : "execution"),
      // The role-maker asks AWS nothing: without a role there are no credentials in its container. The opener's task begins as one who can only become the opener of its grant.
      ...(process === "role-maker" ? {} : { taskRoleArn: roleArn(scope, process === "opener" ? "opener-starter" : process) }),
      volumes: [{ name: "scratch" }],
      containerDefinitions: [
        {
          name: process,
          image: `${registry}/${config.image.repository}@${config.image.digest}`,
          command: [...command],
          essential: true,
          memory: memoryMiB,
          user: nobody,
          privileged: false,
          readonlyRootFilesystem: true,
          // A core dump would hold what a process has opened, and the image has no shell to say so.
          ulimits: [{ name: "core", softLimit: 0, hardLimit: 0 }],
          linuxParameters: { capabilities: { drop: ["ALL"] }, initProcessEnabled: true },
          mountPoints: [{ sourceVolume: "scratch", containerPath: dataFolder, readOnly: false }],
          stopTimeout: drainSeconds,
          environment: Object.entries(programEnvironment(scope, process, surroundings)).map(([name, value]) => ({ name, value })),
          secrets: Object.entries(programSecrets(scope, process, surroundings)).map(([name, valueFrom]) => ({ name, valueFrom })),
          portMappings: process === "front" ? [{ containerPort: 8080, protocol: "tcp" }] : [],
          logConfiguration: {
            logDriver: "awslogs",
            options: {
              "awslogs-group": logs.name,
              "awslogs-region": config.region,
              "awslogs-stream-prefix": process,
              // A log service that is away does not stop the program; what was lost is counted.
              mode: "non-blocking",
              "max-buffer-size": "25m",
            },
          },
        },
      ],
    });
  }
}
