// @ts-check
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { compiledFolder, nodeLibraries } from "./folders.js";
import { SetupError, say } from "./say.js";

/** Whether node_modules is known to hold what package-lock.json says, and Node 26 to run. */
export function areDependenciesStamped(/** @type {string} */ root) {
  return readIfThere(stampIn(root)) === stampOf(root);
}

/** Remembers that node_modules is complete and Node 26 runs, until the lockfile changes. */
export function stampDependencies(/** @type {string} */ root) {
  putNodeOnPath(root);
  writeFileSync(stampIn(root), stampOf(root));
}

/** Brings node_modules in line with package-lock.json. Node 26 comes with it. */
export function ensureDependencies(/** @type {string} */ root) {
  if (!isInstalled(root)) install(root);
  // Until Node 26 is seen to run, npm is to run this set-up by the Node that it was begun with.
  rmSync(nodeOnPath(root), { force: true });
}

/** The environment in which `node` is Node 26 and the programs of the npm packages are found. */
export function environment(/** @type {string} */ root) {
  const { PATH, LD_LIBRARY_PATH, NODE_COMPILE_CACHE } = process.env;
  const libraries = nodeLibraries(root);
  return {
    ...process.env,
    NODE_COMPILE_CACHE: NODE_COMPILE_CACHE ?? compiledFolder(root),
    PATH: joined(dirname(nodeProgram(root)), join(root, "node_modules", ".bin"), PATH),
    ...(libraries ? { LD_LIBRARY_PATH: joined(libraries, LD_LIBRARY_PATH) } : {}),
  };
}

/**
 * Why Node 26 does not run, in the words of whoever said so; undefined when it runs.
 * @returns {string | undefined}
 */
export function nodeFault(/** @type {string} */ root) {
  const env = environment(root);
  const { status, stdout, stderr, error } = spawnSync("node", ["--version"], {
    encoding: "utf8",
    env,
  });
  if (error) return error.message;
  return status === 0 && majorOf(stdout) >= 26 ? undefined : (stderr || stdout).trim();
}

/** What the stamp says when node_modules is as the lockfile and this machine want it. */
function stampOf(/** @type {string} */ root) {
  const lockfile = readFileSync(join(root, "package-lock.json"));
  const digest = createHash("sha256").update(lockfile).digest("hex");
  return `${digest} ${process.platform} ${process.arch}\n`;
}

function stampIn(/** @type {string} */ root) {
  return join(root, "node_modules", ".courtside-stamp");
}

/**
 * Whether an `npm ci` or `npm install` by hand has brought in exactly what the lockfile says: npm
 * leaves a lockfile of its own in node_modules, as the last thing it does.
 */
function isInstalled(/** @type {string} */ root) {
  const found = readIfThere(join(root, "node_modules", ".package-lock.json"));
  if (found === undefined) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(found).packages;
  return (
    existsSync(nodeProgram(root)) &&
    Object.keys(present).every((path) => path in wanted) &&
    Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
      if (path === "") return true;
      const here = present[path];
      if (here === undefined) return optional === true;
      return here.version === version && (!integrity || here.integrity === integrity);
    })
  );
}

function install(/** @type {string} */ root) {
  say("Installing the npm packages, Node 26 among them (about 600 MB) …");
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

/** npm's Node 26, or the Node that runs this where npm has none and it is new enough. */
function nodeProgram(/** @type {string} */ root) {
  const { platform, arch } = process;
  const prefix = platform === "darwin" && arch === "arm64" ? "node-bin" : "node";
  const program = join(root, "node_modules", `${prefix}-${platform}-${arch}`, "bin", "node");
  const instead = !existsSync(program) && majorOf(process.version) >= 26;
  return instead ? process.execPath : program;
}

/** Where npm puts Node 26: every script has it on its PATH, and runs even this set-up with it. */
function nodeOnPath(/** @type {string} */ root) {
  return join(root, "node_modules", ".bin", "node");
}

/** Puts it there, so that it finds the libraries that were unpacked for it. */
function putNodeOnPath(/** @type {string} */ root) {
  const libraries = nodeLibraries(root);
  const script = `#!/bin/sh
LD_LIBRARY_PATH="${shellQuoted(libraries ?? "")}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH
exec "${shellQuoted(nodeProgram(root))}" "$@"
`;
  const link = nodeOnPath(root);
  rmSync(link, { force: true });
  if (libraries) writeFileSync(link, script, { mode: 0o755 });
  else symlinkSync(relative(dirname(link), nodeProgram(root)), link);
}

function shellQuoted(/** @type {string} */ text) {
  return text.replaceAll(/["\\$`]/g, "\\$&");
}

function majorOf(/** @type {string} */ version) {
  return Number(/^v(\d+)/.exec(version)?.[1] ?? 0);
}

function joined(/** @type {(string | undefined)[]} */ ...folders) {
  return folders.filter(Boolean).join(delimiter);
}

function readIfThere(/** @type {string} */ file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
