import { type Command, Option } from "commander";
import { commands } from "../main/commands.ts";
import { wholeNumber } from "./option-numbers.ts";

interface SimulateOptions {
  readonly serve?: boolean;
  readonly parcels: number;
  readonly duration: number;
  readonly seed: string;
  readonly carriers?: string[];
  readonly fault?: string[];
  readonly latency?: string[];
  readonly quotas: boolean;
  readonly tokenLife?: number;
  readonly host: string;
  readonly port: number;
  readonly speed: number;
  readonly push?: string[];
  readonly pushSecret?: string[];
  readonly pushClientId?: string[];
  readonly askedBy: "product" | "connectors";
  readonly attach?: boolean;
  readonly blackHole?: string;
  readonly report?: string;
  readonly json?: boolean;
}

const help = `
Two ways:
  parcelkeep simulate --parcels 1200 --duration 60 --report out.html
      starts a product on a folder of its own, lets parcels of all carriers live through it
      in a minute, and reports latencies, batches and the cache
  parcelkeep simulate --serve --port 4711
      the carriers alone; prints how to point a product at them

Faults: rate-limit, unavailable, garbage, half, cut, hang, expired, bad-number
  --fault gls=hang                 a black hole
  --fault all=unavailable:0.05     one call in twenty
  --latency ups=200..1500          median and 99th percentile in ms
While it serves, faults change by  curl -X PUT -d '{"faults":{"hang":0}}' URL/_control/carriers/gls
More: docs/operations/simulate.md`;

/** `parcelkeep simulate`. */
export function addSimulateCommand(program: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  program
    .command("simulate")
    .description("carriers on this machine: their credentials, formats, quotas and failures, and parcels that live")
    .option("--serve", "the carriers alone, until a signal ends them")
    .option("--parcels <count>", "parcels, spread over the carriers", wholeNumber(1), 600)
    .option("--carriers <source...>", "only these carriers")
    .option("--seed <text>", "the same seed gives the same parcels, lives and faults", "parcelkeep")
    .option("--fault <source=fault:share...>", "what goes wrong with calls to a carrier, or to all")
    .option("--latency <source=median..p99...>", "how long a carrier takes, in ms")
    .option("--no-quotas", "let carriers answer beyond their quotas")
    .option("--token-life <seconds>", "of access tokens, instead of the carrier's own", wholeNumber(1))
    .addOption(
      new Option("--duration <seconds>", "how long the parcels' lives take").argParser(wholeNumber(1)).default(60).conflicts("serve"),
    )
    .addOption(
      new Option(
        "--asked-by <who>",
        "the product's outbound process, or its connectors in this command: without its schedule, so that lives are followed",
      )
        .choices(["product", "connectors"])
        .default("product")
        .conflicts("serve"),
    )
    .addOption(new Option("--attach", "drive the program that holds PARCELKEEP_DATA instead of one of its own").conflicts("serve"))
    .addOption(
      new Option(
        "--black-hole <source>",
        "two runs, one in which this carrier answers and one in which it does not; shows what the others do",
      ).conflicts(["serve", "attach"]),
    )
    .addOption(new Option("--report <file>", "the figures as an HTML page with charts").conflicts("serve"))
    .addOption(new Option("--json", "the figures as JSON").conflicts("serve"))
    .option("--host <address>", "with --serve: where to listen", "127.0.0.1")
    .option("--port <port>", "with --serve: 0 lets the system choose", wholeNumber(0, 65_535), 0)
    .option("--speed <factor>", "with --serve: how much faster the parcels' time runs than ours", wholeNumber(1), 60)
    .option("--push <source=url...>", "with --serve: also push webhooks (fedex, inpost, shopify, ups) to this ingress address")
    .option("--push-secret <source=secret...>", "with --push: what they are signed with")
    .option("--push-client-id <source=id...>", "with --push: for a sender that fetches a token")
    .addHelpText("after", help)
    .action((options: SimulateOptions) => run(() => simulate(options)));
}

function simulate({ duration, tokenLife, report, json, attach, blackHole, ...options }: SimulateOptions): Promise<void> {
  const order = { ...options, tokenLifeSeconds: tokenLife ?? null };
  if (options.serve === true) return commands.serveSimulator(order, (line) => process.stdout.write(`${line}\n`));
  return commands.driveProduct(
    {
      ...order,
      durationSeconds: duration,
      attach: attach === true,
      blackHole: blackHole ?? null,
      report: report ?? null,
      json: json === true,
    },
    (text) => process.stdout.write(text.endsWith("\n") ? text : `${text}\n`),
    (line) => process.stderr.write(`${line}\n`),
  );
}
