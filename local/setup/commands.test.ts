import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const runner = fileURLToPath(new URL("./commands.fixture.js", import.meta.url));

// Prints each signal that it gets and ends when it has got none for a while.
const counting = `
  let timer = setTimeout(() => {}, 60_000);
  process.on("SIGINT", () => {
    console.log("signal");
    clearTimeout(timer);
    timer = setTimeout(() => process.exit(7), 250);
  });
  console.log("ready");`;

describe("runCommands", () => {
  it("runs the commands in order and exits as the last one does", async () => {
    const { output, code } = await run([
      [process.execPath, "-e", "console.log('one')"],
      [process.execPath, "-e", "console.log('two'); process.exit(3)"],
    ]);

    expect(output).toBe("one\ntwo\n");
    expect(code).toBe(3);
  });

  it("stops at the first command that fails", async () => {
    const { output, code } = await run([
      [process.execPath, "-e", "process.exit(4)"],
      [process.execPath, "-e", "console.log('never')"],
    ]);

    expect(output).toBe("");
    expect(code).toBe(4);
  });

  it("exits with 128 and the number of the signal that ended a command", async () => {
    const { code } = await run([[process.execPath, "-e", "process.kill(process.pid, 'SIGKILL')"]]);

    expect(code).toBe(137);
  });

  it("hands a signal on once, though it comes from the terminal and from npm", async () => {
    const { output, code } = await run([[process.execPath, "-e", counting]], (child, text) => {
      // The whole process group, as a terminal does, and then the process, as npm does.
      if (text === "ready\n") process.kill(-(child.pid ?? 0), "SIGINT");
      else child.kill("SIGINT");
    });

    expect(output).toBe("ready\nsignal\n");
    expect(code).toBe(7);
  });

  it("begins no further command after a signal", async () => {
    const ending =
      "process.on('SIGTERM', () => process.exit(0)); console.log('ready'); setInterval(() => {}, 1000)";
    const { output, code } = await run(
      [
        [process.execPath, "-e", ending],
        [process.execPath, "-e", "console.log('never')"],
      ],
      (child) => child.kill("SIGTERM"),
    );

    expect(output).toBe("ready\n");
    expect(code).toBe(143);
  });
});

type Child = ReturnType<typeof spawn>;

/** Runs commands in a process group of their own; `onOutput` is called with what they print. */
async function run(
  commands: string[][],
  onOutput: (child: Child, text: string) => void = () => {},
) {
  const child = spawn(process.execPath, [runner, JSON.stringify(commands)], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
    onOutput(child, text);
  });
  const [code] = await once(child, "close");
  return { output, code };
}
