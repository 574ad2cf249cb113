// `node scripts/run.mjs scripts/test.ts …`: runs a script of this checkout, for package.json.
import { launch } from "./launcher.mjs";

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write("error: no script given\nhint: node scripts/run.mjs scripts/test.ts\n");
  process.exitCode = 1;
} else {
  await launch(script, args, { withDevelopmentTools: true });
}
