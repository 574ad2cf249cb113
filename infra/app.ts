import { buildApp, configOf } from "./lib/build-app.ts";

// `node infra/app.ts staging`, or by the CDK's command line: `cdk --app "node infra/app.ts staging" …`, which says in CDK_OUTDIR where to write.
const stage = process.argv[2];
if (stage !== "staging" && stage !== "production") {
  process.stderr.write("error: no stage given\nhint: node infra/app.ts staging|production\n");
  process.exitCode = 2;
} else {
  buildApp(configOf(stage), { outdir: process.env["CDK_OUTDIR"] ?? `infra/cdk.out/${stage}`, validate: true }).synth();
}
