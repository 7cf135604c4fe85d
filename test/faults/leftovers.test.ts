import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { endAllOf } from "./leftovers.ts";

const FOLDER = `/tmp/courtside-leftovers-${process.pid}`;
const WAIT = "setInterval(() => {}, 1_000); console.log('ready')";

it.runIf(process.platform === "linux")(
  "what works in a folder is ended, and nothing else",
  async () => {
    const start = async (folder: string) => {
      const child = spawn(process.execPath, ["-e", WAIT, `${folder}/data`]);
      await once(child.stdout, "data");
      return child;
    };
    const [own, other] = await Promise.all([start(FOLDER), start(`${FOLDER}-other`)]);
    const ended = once(own, "exit");

    endAllOf(FOLDER);

    expect(await ended).toEqual([null, "SIGKILL"]);
    expect(other.exitCode ?? other.signalCode).toBeNull();
    other.kill("SIGKILL");
  },
);
