// @ts-check
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { takeLock } from "./lock.js";
import { SetupError, say } from "./say.js";

/** The oldest servers that will do. */
export const POSTGRES_MAJOR_MIN = 13;
// Sharded publish and subscribe came with Redis 7.
export const REDIS_MAJOR_MIN = 7;

const LOCK_WAIT_MS = 15 * 60_000;

// Where servers lie that are not on the PATH. A star stands for any version; the newest comes first.
const POSTGRES_FOLDERS = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/usr/libexec/postgresql*",
  "/opt/homebrew/opt/postgresql@*/bin",
  "/usr/local/opt/postgresql@*/bin",
  "/Applications/Postgres.app/Contents/Versions/*/bin",
  "/usr/local/pgsql/bin",
  "/opt/homebrew/bin",
  "/usr/local/bin",
  "/usr/bin",
];
const REDIS_FOLDERS = ["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin", "/usr/sbin"];

// One program bears all of Redis's names and goes by the one it is called: Debian's redis-tools
// brings it as redis-check-rdb, without the service that redis-server would start. Valkey is what
// some distributions ship in Redis's place.
const REDIS_NAMES = ["redis-server", "redis-check-rdb", "valkey-server"];

/**
 * The server programs of this machine.
 * @typedef {object} Programs
 * @property {string} redis the file to run under the name redis-server
 * @property {string} postgres the folder of initdb, pg_ctl and postgres
 * @property {Record<string, string>} env what they need in their environment to find their libraries
 */

/**
 * Makes sure that the programs of Redis and Postgres are there, installing what is missing, and
 * writes where they are to .courtside/programs.json.
 * @param {string} root
 */
export async function ensurePrograms(root) {
  if (recorded(root)) return;
  const release = await takeLock(join(root, ".courtside", "setup.lock"), {
    waitMs: LOCK_WAIT_MS,
    onWait: (pid) => say(`Waiting for another set-up in this folder (process ${pid}).`),
  });
  if (!release) throw new SetupError("Another set-up in this folder does not come to an end.");
  try {
    if (recorded(root)) return;
    let found = findPrograms(root);
    if (!found.redis || !found.postgres) {
      // Read only when needed: a warm start has better things to do.
      const { installPrograms } = await import("./install-programs.js");
      found = installPrograms(root, found);
    }
    record(root, found);
  } finally {
    release();
  }
}

/**
 * The programs that the last set-up found, or undefined when there was none or one of them is gone.
 * @param {string} root
 * @returns {Programs | undefined}
 */
export function recorded(root) {
  try {
    const programs = JSON.parse(readFileSync(recordOf(root), "utf8"));
    const there = existsSync(programs.redis) && hasPostgres(programs.postgres);
    return there ? programs : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Looks for the programs on the PATH, in the usual places and among those unpacked under .courtside.
 * @param {string} root
 * @returns {Partial<Programs> & { env: Record<string, string> }}
 */
export function findPrograms(root) {
  const onPath = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const here = {
    redis: findRedis([...onPath, ...REDIS_FOLDERS], {}),
    postgres: findPostgres([...onPath.map(behindLinks), ...POSTGRES_FOLDERS.flatMap(folders)], {}),
    env: {},
  };
  if (here.redis && here.postgres) return here;

  const unpacked = unpackedFolder(root);
  if (!existsSync(unpacked)) return here;
  const env = { LD_LIBRARY_PATH: libraryFolders(unpacked).join(delimiter) };
  const redis = here.redis ?? findRedis([join(unpacked, "usr/bin")], env);
  const postgres =
    here.postgres ?? findPostgres(folders(join(unpacked, "usr/lib/postgresql/*/bin")), env);
  return { redis, postgres, env };
}

/** Where packages are unpacked when they cannot be installed. */
export function unpackedFolder(/** @type {string} */ root) {
  return join(root, ".courtside", "packages", "unpacked");
}

/**
 * @param {string[]} candidates
 * @param {Record<string, string>} env
 */
function findRedis(candidates, env) {
  return candidates
    .flatMap((folder) => REDIS_NAMES.map((name) => join(folder, name)))
    .find((file) => {
      const said = existsSync(file) ? versionOf(file, "redis-server", env) : "";
      return majorIn(/v=(\d+)/, said) >= REDIS_MAJOR_MIN;
    });
}

/**
 * @param {string[]} candidates
 * @param {Record<string, string>} env
 */
function findPostgres(candidates, env) {
  return candidates.find((folder) => {
    const said = hasPostgres(folder) ? versionOf(join(folder, "postgres"), "postgres", env) : "";
    return majorIn(/\) (\d+)/, said) >= POSTGRES_MAJOR_MIN;
  });
}

function hasPostgres(/** @type {string} */ folder) {
  return ["initdb", "pg_ctl", "postgres"].every((name) => existsSync(join(folder, name)));
}

/** A link to initdb on the PATH leads to the folder where its companions are. */
function behindLinks(/** @type {string} */ folder) {
  const initdb = join(folder, "initdb");
  return existsSync(initdb) ? dirname(realpathSync(initdb)) : folder;
}

/**
 * @param {string} file
 * @param {string} name the name it is called by
 * @param {Record<string, string>} env
 */
function versionOf(file, name, env) {
  const { status, stdout } = spawnSync(file, ["--version"], {
    argv0: name,
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 10_000,
  });
  return status === 0 ? stdout : "";
}

/**
 * @param {RegExp} pattern
 * @param {string} text
 */
function majorIn(pattern, text) {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

/**
 * The folders that a pattern with at most one star stands for, newest version first.
 * @param {string} pattern
 * @returns {string[]}
 */
function folders(pattern) {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return [pattern];
  const parent = before.endsWith("/") ? before : dirname(before);
  const start = before.endsWith("/") ? "" : before.slice(dirname(before).length + 1);
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => name.startsWith(start))
    .sort((a, b) => versionIn(b) - versionIn(a))
    .map((name) => join(parent, name) + after);
}

function versionIn(/** @type {string} */ name) {
  return Number(/\d+(\.\d+)?/.exec(name)?.[0] ?? 0);
}

/** Every folder among the unpacked packages that holds a shared library. */
function libraryFolders(/** @type {string} */ unpacked) {
  return ["usr/lib", "lib"]
    .map((name) => join(unpacked, name))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => [
      folder,
      ...subfolders(folder).filter((name) => name.includes("linux-gnu")),
    ])
    .filter((folder) => readdirSync(folder).some((name) => name.includes(".so")));
}

function subfolders(/** @type {string} */ folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));
}

function recordOf(/** @type {string} */ root) {
  return join(root, ".courtside", "programs.json");
}

/**
 * @param {string} root
 * @param {Partial<Programs>} programs
 */
function record(root, programs) {
  const file = recordOf(root);
  const draft = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(programs, null, 2)}\n`);
  renameSync(draft, file);
}
