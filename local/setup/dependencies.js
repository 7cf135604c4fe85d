// @ts-check
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { takeLock } from "./lock.js";
import { SetupError, say } from "./say.js";

const LOCK_WAIT_MS = 15 * 60_000;

/**
 * Makes sure that node_modules holds what package-lock.json says, and returns Node 26's folder of
 * programs, which comes with it.
 * @param {string} root
 */
export async function ensureDependencies(root) {
  const stamp = join(root, "node_modules", ".courtside-stamp");
  const wanted = stampOf(root);
  if (readIfThere(stamp) !== wanted) {
    const release = await takeLock(join(root, ".courtside", "setup.lock"), {
      waitMs: LOCK_WAIT_MS,
      onWait: (pid) => say(`Waiting for another set-up in this folder (process ${pid}).`),
    });
    if (!release) throw new SetupError("Another set-up in this folder does not come to an end.");
    try {
      if (readIfThere(stamp) !== wanted) {
        if (!isInstalled(root)) installDependencies(root);
        writeFileSync(stamp, wanted);
      }
    } finally {
      release();
    }
  }
  return nodeFolder(root);
}

/** What the stamp file holds when node_modules is as the lockfile and this machine want it. */
function stampOf(/** @type {string} */ root) {
  const lockfile = readFileSync(join(root, "package-lock.json"));
  const digest = createHash("sha256").update(lockfile).digest("hex");
  return `${digest} ${process.platform} ${process.arch}\n`;
}

/**
 * Whether an `npm ci` or `npm install` by hand has brought in exactly what the lockfile says: npm
 * leaves a lockfile of its own in node_modules, as the last thing it does.
 */
function isInstalled(/** @type {string} */ root) {
  const found = readIfThere(join(root, "node_modules", ".package-lock.json"));
  if (found === undefined || !existsSync(nodeProgram(root))) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(found).packages;
  return (
    Object.keys(present).every((path) => path in wanted) &&
    Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
      if (path === "") return true;
      const here = present[path];
      if (here === undefined) return optional === true;
      return here.version === version && (!integrity || here.integrity === integrity);
    })
  );
}

function installDependencies(/** @type {string} */ root) {
  say("Installing the npm packages, Node 26 among them (once; about 600 MB) …");
  const [command, ...first] = npm();
  const args = [
    "ci",
    // Nothing here needs an install script, so none may run.
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
    "--engine-strict=false",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
  ];
  const { status, error } = spawnSync(command, [...first, ...args], {
    cwd: root,
    env: { ...process.env, ...npmCache(root) },
    // npm's own words go to stderr as well.
    stdio: ["ignore", 2, 2],
  });
  if (error || status !== 0) {
    throw new SetupError("The npm packages could not be installed; npm says why above.");
  }
}

/**
 * The command that runs npm: the one that runs this script, else that of the PATH.
 * @returns {[string, ...string[]]}
 */
function npm() {
  const running = process.env.npm_execpath;
  if (running && /npm-cli\.c?js$/.test(running) && existsSync(running)) {
    return [process.execPath, running];
  }
  return ["npm"];
}

/** Where npm keeps its cache when the user has no home that it could write to. */
function npmCache(/** @type {string} */ root) {
  if (process.env.npm_config_cache) return {};
  try {
    const home = homedir();
    if (home === "") throw new Error("no home");
    accessSync(home, constants.W_OK);
    return {};
  } catch {
    const cache = join(root, ".courtside", "npm-cache");
    mkdirSync(cache, { recursive: true });
    return { npm_config_cache: cache };
  }
}

function nodeFolder(/** @type {string} */ root) {
  if (existsSync(nodeProgram(root))) return join(nodeProgram(root), "..");
  if (Number.parseInt(process.versions.node, 10) >= 26) return join(process.execPath, "..");
  throw new SetupError(
    `npm has no Node 26 for ${process.platform} on ${process.arch}; install Node 26 and try again.`,
  );
}

function nodeProgram(/** @type {string} */ root) {
  const { platform, arch } = process;
  const prefix = platform === "darwin" && arch === "arm64" ? "node-bin" : "node";
  return join(root, "node_modules", `${prefix}-${platform}-${arch}`, "bin", "node");
}

function readIfThere(/** @type {string} */ file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
