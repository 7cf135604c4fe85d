// @ts-check
/**
 * The entry of every npm script: sets up what is missing, then runs the script's commands with Node
 * 26. Plain JavaScript that Node 20 runs without node_modules, since a fresh clone has neither.
 *
 *     node local/setup/run.js <script> [argument…]
 *
 * Arguments go to the script's last command. Exits as that command does, or with 1.
 */
import { fileURLToPath } from "node:url";
import { runCommands } from "./commands.js";
import { environment } from "./dependencies.js";
import { SetupError, say } from "./say.js";
import { setUp } from "./set-up.js";

const CHECK = [
  ["biome", "ci", "."],
  ["tsc"],
  ["buf", "lint"],
  ["node", "local/check-generated.ts"],
];

/** @type {Record<string, { servers?: true, commands: string[][] }>} */
const SCRIPTS = {
  start: { servers: true, commands: [["node", "cli/main.ts", "start"]] },
  courtside: { servers: true, commands: [["node", "cli/main.ts"]] },
  check: { commands: CHECK },
  test: { servers: true, commands: [...CHECK, ["vitest", "run"]] },
  "test:unit": {
    commands: [["vitest", "run", "--project", "architecture", "--project", "unit"]],
  },
  "test:simulation": { commands: [["node", "test/simulation/main.ts"]] },
  "test:integration": {
    servers: true,
    commands: [["vitest", "run", "--project", "integration"]],
  },
  "test:faults": { servers: true, commands: [["node", "test/faults/main.ts"]] },
  bench: { servers: true, commands: [["node", "bench/main.ts"]] },
  gen: { commands: [["buf", "generate"]] },
  "pack:client": { commands: [["node", "local/pack-client.ts"]] },
};

const root = fileURLToPath(new URL("../..", import.meta.url));

async function main() {
  const [name = "", ...args] = process.argv.slice(2);
  const script = Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined;
  if (!script) {
    throw new SetupError(`Pass one of these scripts: ${Object.keys(SCRIPTS).join(", ")}.`);
  }
  if (process.platform !== "linux" && process.platform !== "darwin") {
    throw new SetupError("Courtside runs on Linux and macOS; on Windows use WSL.");
  }
  process.chdir(root);
  await setUp(root, { servers: script.servers === true });
  const commands = script.commands.map((command, at) =>
    at === script.commands.length - 1 ? [...command, ...args] : command,
  );
  process.exitCode = await runCommands(commands, environment(root));
}

main().catch((error) => {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
});
