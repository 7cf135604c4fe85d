// @ts-check
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { SetupError } from "./say.js";

/** @type {NodeJS.Signals[]} */
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGWINCH"];

// A terminal sends Ctrl-C to all its processes and npm then sends it on: within this time, the same
// signal is the same wish. A person who presses it again is slower.
const ECHO_MS = 300;

/**
 * Runs the commands one after the other on this process's own input and output, up to the first that
 * fails, and returns the exit status of the last one run: 128 + n if signal n ended it.
 *
 * Signals go on to the running command, each once, and it is waited for, however long it takes to
 * end. After a signal no further command is begun.
 *
 * @param {string[][]} commands
 * @param {NodeJS.ProcessEnv} env
 */
export async function runCommands(commands, env) {
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let child;
  /** @type {NodeJS.Signals | undefined} */
  let stoppedBy;
  /** @type {Map<NodeJS.Signals, number>} */
  const seenAt = new Map();
  const passOn = (/** @type {NodeJS.Signals} */ signal) => {
    if (signal !== "SIGWINCH") {
      const now = performance.now();
      const echo = now - (seenAt.get(signal) ?? Number.NEGATIVE_INFINITY) < ECHO_MS;
      seenAt.set(signal, now);
      if (echo) return;
      stoppedBy = signal;
    }
    child?.kill(signal);
  };
  for (const signal of PASSED_ON) process.on(signal, passOn);

  let status = 0;
  for (const [at, [file = "", ...args]] of commands.entries()) {
    // In a session of its own, out of the terminal's reach: signals come through here alone.
    child = spawn(file, args, { env, stdio: "inherit", detached: true });
    status = await ending(child, file);
    if (status === 0 && stoppedBy && at < commands.length - 1) {
      status = 128 + constants.signals[stoppedBy];
    }
    if (status !== 0) break;
  }
  for (const signal of PASSED_ON) process.off(signal, passOn);
  return status;
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {string} file
 * @returns {Promise<number>}
 */
function ending(child, file) {
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new SetupError(`${file} does not run: ${error.message}`)),
    );
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 1)),
    );
  });
}
