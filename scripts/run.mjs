import { launch } from "./launcher.mjs";

const [script, ...args] = process.argv.slice(2);
launch(script, args);
