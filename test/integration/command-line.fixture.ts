import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type MeshState, status } from "../../local/mesh/index.ts";
import { removeFolder } from "../../local/servers/index.ts";
import { TEST_POSTGRES, TEST_REDIS } from "./topology.fixture.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** How a command ended. */
export type Ended = {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** A mesh of real processes in a folder of its own, ruled by the command line as a user would. */
export type CommandLine = {
  /** The folder of the mesh, as COURTSIDE_HOME names it. */
  readonly home: string;
  /** Runs a verb to its end. */
  run(...args: string[]): Promise<Ended>;
  /** Runs a verb that must succeed, and returns what it printed. */
  answer(...args: string[]): Promise<string>;
  /** The processes of the mesh as they are now. */
  state(): MeshState;
  /** Stops everything and removes the folder. */
  close(): Promise<void>;
};

/** Starts a mesh of its own; `options` are those of `up`. */
export async function startCommandLine(...options: string[]): Promise<CommandLine> {
  const home = mkdtempSync(join(tmpdir(), "courtside-home-"));
  chmodSync(home, 0o755);
  const run = async (...args: string[]): Promise<Ended> => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, COURTSIDE_HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { status: await closed, stdout, stderr };
  };
  const answer = async (...args: string[]) => {
    const ended = await run(...args);
    if (ended.status !== 0) {
      throw new Error(`${args.join(" ")} ended with ${ended.status}: ${ended.stderr}`);
    }
    return ended.stdout;
  };
  const topology = ["--postgres", TEST_POSTGRES, "--redis", TEST_REDIS];
  await answer("up", "--detach", ...topology, ...options);
  return {
    home,
    run,
    answer,
    state() {
      const state = status({ folder: home });
      if (state === undefined) throw new Error("no mesh runs");
      return state;
    },
    async close() {
      await run("down", "--wipe");
      removeFolder(home);
    },
  };
}
