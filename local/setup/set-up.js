// @ts-check
import { join } from "node:path";
import {
  areDependenciesStamped,
  ensureDependencies,
  nodeFault,
  stampDependencies,
} from "./dependencies.js";
import { takeLock } from "./lock.js";
import { findPrograms, recordedPrograms, recordPrograms } from "./programs.js";
import { SetupError, say } from "./say.js";

const LOCK_WAIT_MS = 15 * 60_000;

/**
 * Makes sure that the npm packages, Node 26 and, if asked for, the programs of Redis and Postgres are
 * there. Costs a few file reads when all of it is. Throws SetupError where a person has to help.
 * @param {string} root
 * @param {{ servers: boolean }} options
 */
export async function setUp(root, { servers }) {
  const isDone = () => areDependenciesStamped(root) && (!servers || recordedPrograms(root));
  if (isDone()) return;
  const release = await takeLock(join(root, ".courtside", "setup.lock"), {
    waitMs: LOCK_WAIT_MS,
    onWait: (pid) => say(`Waiting for another set-up in this folder (process ${pid}).`),
  });
  if (!release) throw new SetupError("Another set-up in this folder does not come to an end.");
  try {
    if (isDone()) return;
    ensureDependencies(root);
    const missing = () => needsOf(root, servers);
    if (missing().length > 0) await install(root, missing);
    const fault = nodeFault(root);
    if (fault) throw new SetupError(`Node 26 from npm does not run here: ${fault}`);
    if (servers) recordPrograms(root, findPrograms(root));
    stampDependencies(root);
  } finally {
    release();
  }
}

/** @returns {import("./install.js").Need[]} */
function needsOf(/** @type {string} */ root, /** @type {boolean} */ servers) {
  const { redis, postgres } = servers ? findPrograms(root) : { redis: "", postgres: "" };
  return [
    ...(nodeFault(root)?.includes("libatomic") ? /** @type {const} */ (["libatomic"]) : []),
    ...(redis === undefined ? /** @type {const} */ (["redis"]) : []),
    ...(postgres === undefined ? /** @type {const} */ (["postgres"]) : []),
  ];
}

/**
 * @param {string} root
 * @param {() => import("./install.js").Need[]} missing
 */
async function install(root, missing) {
  // Read only when needed: a warm start has better things to do.
  const { install, INSTALL_LOG, NAMES } = await import("./install.js");
  const left = install(root, missing);
  if (left.length === 0) return;
  const names = new Intl.ListFormat("en").format(left.map((need) => NAMES[need]));
  throw new SetupError(
    `Please install ${names} and run this again; ${INSTALL_LOG} has what was tried without you.`,
  );
}
