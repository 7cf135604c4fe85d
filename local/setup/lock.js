// @ts-check
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { identityOf, isRunning } from "./processes.js";

const POLL_MS = 100;

/**
 * Takes the lock that `file` stands for and returns the function that gives it back; undefined when
 * another process holds it to the end of `waitMs`. A lock whose holder was killed is free.
 *
 * @param {string} file
 * @param {{ waitMs: number, onWait?: (pid: number) => void }} options `onWait` is called once, when
 *   the lock is found taken.
 * @returns {Promise<(() => void) | undefined>}
 */
export async function takeLock(file, { waitMs, onWait }) {
  const mine = JSON.stringify(identityOf(process.pid));
  const until = Date.now() + waitMs;
  mkdirSync(dirname(file), { recursive: true });
  for (let waited = false; ; waited = true) {
    if (created(file, mine)) return () => release(file, mine);
    const theirs = read(file);
    const holder = parse(theirs);
    if (theirs !== undefined && (holder === undefined || !isRunning(holder))) {
      removeStale(file, theirs);
      continue;
    }
    if (!waited && holder) onWait?.(holder.pid);
    if (Date.now() >= until) return undefined;
    await delay(POLL_MS);
  }
}

/** @returns {import("./processes.js").ProcessIdentity | undefined} who holds the lock now */
export function lockHolder(/** @type {string} */ file) {
  const holder = parse(read(file));
  return holder && isRunning(holder) ? holder : undefined;
}

/**
 * @param {string} file
 * @param {string} mine
 */
function created(file, mine) {
  // Written under another name and linked, so that nobody ever reads a lock without its holder.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Moves the lock of a dead holder out of the way. Another waiter may have done so and taken the lock
 * since it was read: then what was moved is that one's, and goes back.
 * @param {string} file
 * @param {string} stale
 */
function removeStale(file, stale) {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  if (read(aside) !== stale) linkSync(aside, file);
  rmSync(aside, { force: true });
}

/**
 * @param {string} file
 * @param {string} mine
 */
function release(file, mine) {
  if (read(file) === mine) rmSync(file, { force: true });
}

function read(/** @type {string} */ file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** @returns {import("./processes.js").ProcessIdentity | undefined} */
function parse(/** @type {string | undefined} */ text) {
  try {
    const { pid, start } = JSON.parse(text ?? "");
    return { pid, start };
  } catch {
    return undefined;
  }
}

function codeOf(/** @type {unknown} */ error) {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
