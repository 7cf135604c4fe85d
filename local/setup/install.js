// @ts-check
import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { nodeLibrariesFolder, unpackedFolder } from "./folders.js";
import { say } from "./say.js";

/**
 * What a machine may lack: the two servers, and the library that Node 26 needs on Linux.
 * @typedef {"redis" | "postgres" | "libatomic"} Need
 */

/** What the programs that install had to say, for whom our sentence is not enough. */
export const INSTALL_LOG = ".courtside/install.log";

/** What each is called in a sentence. */
export const NAMES = {
  redis: "the Redis server (7 or newer)",
  postgres: "the PostgreSQL server (13 or newer)",
  libatomic: "libatomic (for Node 26)",
};

/**
 * Installs what `missing` says and returns what is missing still. Tries, in this order: the system's
 * package manager as root or through sudo without a password, Homebrew, and on Debian and its kin
 * packages unpacked into our own folder, which needs no rights. None of them leaves a server running
 * or set to start with the machine.
 *
 * @param {string} root
 * @param {() => Need[]} missing asked anew after each try
 * @returns {Need[]}
 */
export function install(root, missing) {
  let needs = missing();
  if (needs.length === 0) return needs;
  mkdirSync(join(root, ".courtside"), { recursive: true });
  const log = openSync(join(root, INSTALL_LOG), "w");
  for (const way of [withManager, withBrew, byUnpacking]) {
    if (needs.length > 0 && way(needs, log, root)) needs = missing();
  }
  closeSync(log);
  return needs;
}

/**
 * The system's package manager, with the rights that it needs.
 * @param {Need[]} needs
 * @param {number} log
 * @returns {boolean} whether something may have been installed
 */
function withManager(needs, log) {
  const rights = process.getuid?.() === 0 ? [] : sudo();
  const manager = MANAGERS.find(({ program }) => has(program));
  if (!rights || !manager) return false;
  say(`Installing ${named(needs)} with ${manager.program} …`);
  manager.install(needs, (command, env = {}) => {
    const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    return run([...rights, "env", ...settings, ...command], log);
  });
  return true;
}

/**
 * @typedef {(command: string[], env?: Record<string, string>) => boolean} RunAsRoot
 * @type {{ program: string, install(needs: Need[], asRoot: RunAsRoot): void }[]}
 */
const MANAGERS = [
  { program: "apt-get", install: withApt },
  {
    program: "dnf",
    install(needs, asRoot) {
      const dnf = (/** @type {string} */ name) => asRoot(["dnf", "install", "-y", name]);
      if (needs.includes("libatomic")) dnf("libatomic");
      if (needs.includes("postgres")) dnf("postgresql-server");
      if (needs.includes("redis")) dnf("redis") || dnf("valkey");
    },
  },
  {
    program: "pacman",
    install(needs, asRoot) {
      const names = { libatomic: "gcc-libs", postgres: "postgresql", redis: "valkey" };
      const packages = needs.map((need) => names[need]);
      asRoot(["pacman", "-Sy", "--noconfirm", "--needed", ...packages]);
    },
  },
];

const APT_ENV = {
  DEBIAN_FRONTEND: "noninteractive",
  // Packages with a service start it; with this, systemctl leaves systemd alone.
  SYSTEMD_OFFLINE: "1",
};
const APT_GET = ["apt-get", "-qq", "-y", "--no-install-recommends"];
const APT_WAIT = ["-o", "DPkg::Lock::Timeout=120"];
// redis-tools holds Redis's program but, unlike redis-server, no service.
const APT_NAMES = { libatomic: "libatomic1", redis: "redis-tools" };
const CLUSTER_SETTINGS = "/etc/postgresql-common/createcluster.conf";

/**
 * A Postgres package makes and starts a database of its own unless its settings say otherwise: they
 * do while it is installed, and are put back.
 * @param {Need[]} needs
 * @param {RunAsRoot} asRoot
 */
function withApt(needs, asRoot) {
  const install = (/** @type {string[]} */ ...names) =>
    asRoot([...APT_GET, ...APT_WAIT, "install", ...names], APT_ENV);
  asRoot(["apt-get", "-qq", ...APT_WAIT, "update"], APT_ENV);
  const plain = needs.flatMap((need) => (need === "postgres" ? [] : [APT_NAMES[need]]));
  if (plain.length > 0) install(...plain);

  const server = needs.includes("postgres") && newestPostgresPackage([]);
  if (!server || !install("postgresql-common")) return;
  const saved = `${CLUSTER_SETTINGS}.courtside-saved`;
  if (!asRoot(["cp", "-p", CLUSTER_SETTINGS, saved])) return;
  try {
    const quiet = asRoot(["sed", "-i", "$a create_main_cluster = false", CLUSTER_SETTINGS]);
    if (quiet) install(server);
  } finally {
    asRoot(["mv", "-f", saved, CLUSTER_SETTINGS]);
  }
}

/**
 * @param {Need[]} needs
 * @param {number} log
 */
function withBrew(needs, log) {
  if (!has("brew")) return false;
  say(`Installing ${named(needs)} with Homebrew …`);
  const names = { libatomic: "gcc", postgres: "postgresql@17", redis: "redis" };
  return run(["brew", "install", "--quiet", ...needs.map((need) => names[need])], log);
}

/**
 * Debian's packages, fetched as an ordinary user into state and cache folders of our own and
 * unpacked there: whatever is needed, with all that it needs and the machine does not have.
 * @param {Need[]} needs
 * @param {number} log
 * @param {string} root
 */
function byUnpacking(needs, log, root) {
  if (!["apt-get", "apt-cache", "dpkg-deb"].every(has)) return false;
  say(`Fetching packages of ${named(needs)} into .courtside/packages …`);
  const folder = join(root, ".courtside", "packages");
  const archives = join(folder, "cache", "archives");
  mkdirSync(join(folder, "state", "lists", "partial"), { recursive: true });
  mkdirSync(join(archives, "partial"), { recursive: true });
  const ours = [
    ["Dir::State", join(folder, "state")],
    ["Dir::State::status", "/var/lib/dpkg/status"],
    ["Dir::Cache", join(folder, "cache")],
    ["Debug::NoLocking", "true"],
    // Hooks in the system's settings clean up the system's folders, which takes root.
    ["APT::Update::Post-Invoke", ""],
    ["APT::Update::Post-Invoke-Success", ""],
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);

  if (!run(["apt-get", "-qq", ...ours, "update"], log)) return false;
  const names = { ...APT_NAMES, postgres: newestPostgresPackage(ours) ?? "postgresql" };
  const packages = needs.map((need) => names[need]);
  if (!run([...APT_GET, ...ours, "--download-only", "install", ...packages], log)) return false;
  const unpacked = unpackedFolder(root);
  const complete = readdirSync(archives)
    .filter((name) => name.endsWith(".deb"))
    .every((name) => run(["dpkg-deb", "-x", join(archives, name), unpacked], log));
  for (const name of ["state", "cache"]) rmSync(join(folder, name), { recursive: true });
  if (needs.includes("libatomic")) giveNodeItsLibrary(root);
  return complete;
}

/** Apart from the other libraries, which are for the servers alone. */
function giveNodeItsLibrary(/** @type {string} */ root) {
  const libraries = join(unpackedFolder(root), "usr", "lib");
  const found = readdirSync(libraries)
    .map((name) => join(libraries, name, "libatomic.so.1"))
    .find((file) => existsSync(file));
  if (!found) return;
  const folder = nodeLibrariesFolder(root);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  symlinkSync(found, join(folder, "libatomic.so.1"));
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
  const { status } = spawnSync("sudo", ["-n", "true"], { stdio: "ignore" });
  return status === 0 ? ["sudo", "-n"] : undefined;
}

function has(/** @type {string} */ program) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.some((folder) => existsSync(join(folder, program)));
}

function named(/** @type {Need[]} */ needs) {
  const names = { redis: "Redis", postgres: "PostgreSQL", libatomic: "libatomic" };
  return new Intl.ListFormat("en").format(needs.map((need) => names[need]));
}

/**
 * Runs a command, its words going to the log; whether it succeeded.
 * @param {string[]} command
 * @param {number} log
 */
function run([file = "", ...args], log) {
  return spawnSync(file, args, { stdio: ["ignore", log, log] }).status === 0;
}
