// @ts-check
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findPrograms, unpackedFolder } from "./programs.js";
import { SetupError, say } from "./say.js";

/**
 * @typedef {Partial<import("./programs.js").Programs> & { env: Record<string, string> }} Found
 * @typedef {{ redis: boolean, postgres: boolean }} Missing
 */

/**
 * Installs what was not found and returns all programs. Tries, in this order: the system's package
 * manager as root or through sudo without a password, Homebrew, and on Debian and its kin packages
 * unpacked into our own folder, which needs no rights. None of them leaves a server running or set to
 * start with the machine.
 *
 * @param {string} root
 * @param {Found} found
 * @returns {Found}
 */
export function installPrograms(root, found) {
  for (const way of [installWithManager, installWithBrew, unpackFromDebian]) {
    const missing = { redis: !found.redis, postgres: !found.postgres };
    if (!missing.redis && !missing.postgres) break;
    if (way(missing, root)) found = findPrograms(root);
  }
  if (found.redis && found.postgres) return found;
  throw new SetupError(
    "Please install Redis (7 or newer) and the PostgreSQL server (13 or newer) and run this again: " +
      `no ${found.redis ? "" : "redis-server"}${found.redis || found.postgres ? "" : " and no "}${
        found.postgres ? "" : "postgres with initdb"
      } is on this machine, and there was no way to get one without you.`,
  );
}

/**
 * The system's package manager, with the rights that it needs.
 * @param {Missing} missing
 * @returns {boolean} whether something may have been installed
 */
function installWithManager(missing) {
  const asRoot = process.getuid?.() === 0 ? [] : sudo();
  if (!asRoot) return false;
  const manager = MANAGERS.find(({ program }) => has(program));
  if (!manager) return false;
  say(`Installing ${named(missing)} with ${manager.program} …`);
  manager.install(missing, (command, env = {}) => {
    const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    return run([...asRoot, "env", ...words, ...command]);
  });
  return true;
}

/**
 * @typedef {(command: string[], env?: Record<string, string>) => boolean} RunAsRoot
 * @type {{ program: string, install(missing: Missing, asRoot: RunAsRoot): void }[]}
 */
const MANAGERS = [
  { program: "apt-get", install: installWithApt },
  {
    program: "dnf",
    install(missing, asRoot) {
      if (missing.postgres) asRoot(["dnf", "install", "-y", "postgresql-server"]);
      if (missing.redis) {
        asRoot(["dnf", "install", "-y", "redis"]) || asRoot(["dnf", "install", "-y", "valkey"]);
      }
    },
  },
  {
    program: "pacman",
    install(missing, asRoot) {
      const wanted = [
        ...(missing.redis ? ["valkey"] : []),
        ...(missing.postgres ? ["postgresql"] : []),
      ];
      asRoot(["pacman", "-Sy", "--noconfirm", "--needed", ...wanted]);
    },
  },
];

const APT_ENV = {
  DEBIAN_FRONTEND: "noninteractive",
  // Packages with a service start it; systemctl leaves systemd alone when told so.
  SYSTEMD_OFFLINE: "1",
};
const APT_INSTALL = [
  "apt-get",
  "-qq",
  "-y",
  "--no-install-recommends",
  "-o",
  "DPkg::Lock::Timeout=120",
];
const CLUSTER_SETTINGS = "/etc/postgresql-common/createcluster.conf";

/**
 * redis-tools holds Redis's program but no service. A Postgres package makes and starts a database
 * of its own unless its settings say otherwise: they do while it is installed, and are put back.
 * @param {Missing} missing
 * @param {RunAsRoot} asRoot
 */
function installWithApt(missing, asRoot) {
  asRoot(["apt-get", "-qq", "update"], APT_ENV);
  if (missing.redis) asRoot([...APT_INSTALL, "install", "redis-tools"], APT_ENV);
  if (!missing.postgres) return;
  const server = newestPostgresPackage([]);
  if (!server || !asRoot([...APT_INSTALL, "install", "postgresql-common"], APT_ENV)) return;
  const saved = `${CLUSTER_SETTINGS}.courtside-saved`;
  const line = "create_main_cluster = false";
  const quiet =
    asRoot(["cp", "-p", CLUSTER_SETTINGS, saved]) &&
    asRoot(["sed", "-i", `$a ${line}`, CLUSTER_SETTINGS]);
  try {
    if (quiet) asRoot([...APT_INSTALL, "install", server], APT_ENV);
  } finally {
    asRoot(["mv", "-f", saved, CLUSTER_SETTINGS]);
  }
}

/**
 * @param {Missing} missing
 */
function installWithBrew(missing) {
  if (!has("brew")) return false;
  say(`Installing ${named(missing)} with Homebrew …`);
  const wanted = [
    ...(missing.redis ? ["redis"] : []),
    ...(missing.postgres ? ["postgresql@17"] : []),
  ];
  return run(["brew", "install", "--quiet", ...wanted]);
}

/**
 * Debian's packages, fetched as an ordinary user into state and cache folders of our own and
 * unpacked there: whatever Redis and Postgres need and the machine does not have.
 * @param {Missing} missing
 * @param {string} root
 */
function unpackFromDebian(missing, root) {
  if (!["apt-get", "apt-cache", "dpkg-deb"].every(has)) return false;
  say(`Fetching packages of ${named(missing)} into .courtside/packages …`);
  const folder = join(root, ".courtside", "packages");
  const cache = join(folder, "cache");
  for (const name of ["state/lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const ours = [
    ["Dir::State", join(folder, "state")],
    ["Dir::State::status", "/var/lib/dpkg/status"],
    ["Dir::Cache", cache],
    ["Dir::Etc::Parts", "/etc/apt/apt.conf.d"],
    ["Debug::NoLocking", "true"],
    ["APT::Sandbox::User", ""],
    // Hooks in the system's settings clean up the system's folders, as root.
    ["APT::Update::Post-Invoke", ""],
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);

  if (!run(["apt-get", "-qq", ...ours, "update"])) return false;
  const server = newestPostgresPackage(ours);
  const wanted = [
    ...(missing.redis ? ["redis-tools"] : []),
    ...(missing.postgres && server ? [server] : []),
  ];
  const fetch = ["-qq", "-y", "--no-install-recommends", "--download-only", "install"];
  if (!run(["apt-get", ...ours, ...fetch, ...wanted])) return false;

  const archives = join(cache, "archives");
  const draft = `${unpackedFolder(root)}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  const unpacked = readdirSync(archives)
    .filter((name) => name.endsWith(".deb"))
    .every((name) => run(["dpkg-deb", "-x", join(archives, name), draft]));
  if (!unpacked) return false;
  rmSync(unpackedFolder(root), { recursive: true, force: true });
  renameSync(draft, unpackedFolder(root));
  rmSync(cache, { recursive: true, force: true });
  rmSync(join(folder, "state"), { recursive: true, force: true });
  return true;
}

/**
 * The server package that `postgresql` stands for, such as postgresql-15.
 * @param {string[]} options
 */
function newestPostgresPackage(options) {
  const { stdout } = spawnSync("apt-cache", [...options, "depends", "postgresql"], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  return /Depends: (postgresql-\d+)/.exec(stdout ?? "")?.[1];
}

/** The words that give a command root's rights, or undefined when that takes a password. */
function sudo() {
  if (!has("sudo")) return undefined;
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0
    ? ["sudo", "-n"]
    : undefined;
}

function has(/** @type {string} */ program) {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, program)));
}

function named(/** @type {Missing} */ { redis, postgres }) {
  return [...(redis ? ["Redis"] : []), ...(postgres ? ["PostgreSQL"] : [])].join(" and ");
}

/** Runs a command, its words going to stderr; whether it succeeded. */
function run(/** @type {string[]} */ [file = "", ...args]) {
  return spawnSync(file, args, { stdio: ["ignore", 2, 2] }).status === 0;
}
