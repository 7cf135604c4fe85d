// @ts-check
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { unpackedFolder } from "./folders.js";

/** The oldest servers that will do. */
export const POSTGRES_MAJOR_MIN = 13;
// Sharded publish and subscribe came with Redis 7.
export const REDIS_MAJOR_MIN = 7;

// Where servers lie that are not on the PATH. A star stands for any version; the newest comes first.
const POSTGRES_FOLDERS = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
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
 * The programs that the last set-up found, or undefined when there was none or one of them is gone.
 * @param {string} root
 * @returns {Programs | undefined}
 */
export function recordedPrograms(root) {
  try {
    const programs = JSON.parse(readFileSync(recordIn(root), "utf8"));
    const there = existsSync(programs.redis) && hasPostgres(programs.postgres);
    return there ? programs : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Remembers where the programs are.
 * @param {string} root
 * @param {Partial<Programs>} programs
 */
export function recordPrograms(root, programs) {
  const file = recordIn(root);
  const draft = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(draft, `${JSON.stringify(programs, null, 2)}\n`);
  renameSync(draft, file);
}

/**
 * Looks for the programs on the PATH, in the usual places and among the unpacked packages.
 * @param {string} root
 * @returns {Partial<Programs> & { env: Record<string, string> }}
 */
export function findPrograms(root) {
  const onPath = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const redis = findRedis([...onPath, ...REDIS_FOLDERS], {});
  const postgres = findPostgres(
    [...onPath.map(behindLinks), ...POSTGRES_FOLDERS.flatMap(folders)],
    {},
  );
  const unpacked = unpackedFolder(root);
  if ((redis && postgres) || !existsSync(unpacked)) return { redis, postgres, env: {} };

  const env = { LD_LIBRARY_PATH: libraryFolders(unpacked).join(delimiter) };
  return {
    redis: redis ?? findRedis([join(unpacked, "usr/bin")], env),
    postgres: postgres ?? findPostgres(folders(join(unpacked, "usr/lib/postgresql/*/bin")), env),
    env,
  };
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
  const parent = before.slice(0, before.lastIndexOf("/"));
  const start = before.slice(parent.length + 1);
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => name.startsWith(start))
    .sort((a, b) => majorIn(/(\d+)/, b) - majorIn(/(\d+)/, a))
    .map((name) => join(parent, name) + after);
}

/** Every folder among the unpacked packages that the machine would search for libraries. */
function libraryFolders(/** @type {string} */ unpacked) {
  return ["usr/lib", "lib"].flatMap((name) => {
    const folder = join(unpacked, name);
    if (!existsSync(folder)) return [];
    const ofThisKind = readdirSync(folder).filter((entry) => entry.includes("-linux-gnu"));
    return [folder, ...ofThisKind.map((entry) => join(folder, entry))];
  });
}

function recordIn(/** @type {string} */ root) {
  return join(root, ".courtside", "programs.json");
}
