/** A machine and a port there. */
export type HostPort = { readonly host: string; readonly port: number };

/** Where Redis is and how it is reached, as a URL says it. Holds passwords: never for a log. */
export type RedisPlace = {
  /** One server, a primary that Sentinels name, or a Cluster. */
  readonly topology: "single" | "sentinel" | "cluster";
  /** The server, the Sentinels, or some nodes of the Cluster, which name the others. */
  readonly hosts: readonly HostPort[];
  /** What the Sentinels call the primary; empty without them. */
  readonly primary: string;
  /** Which database of the server; a Cluster has but 0. */
  readonly db: number;
  readonly login: Login;
  /** The login at the Sentinels. */
  readonly sentinelLogin: Login;
  readonly tls: boolean;
  /** A PEM file of the authorities that a certificate of Redis must be from; those of Node when absent. */
  readonly caFile?: string;
  /** Where each server is reached, by the `host:port` that Redis announces, where the two differ. */
  readonly nat: Readonly<Record<string, HostPort>>;
};

/** A user and a password; what is absent is not sent. */
export type Login = { readonly username?: string; readonly password?: string };

/** How a URL of Redis looks. */
export const REDIS_URL_RULE =
  "a URL such as redis://user:password@host:6379, redis+sentinel://user:password@a:26379,b:26379/name " +
  "or redis+cluster://user:password@a:6379,b:6379";

const HOSTS_MAX = 64;
const PORT_MAX = 65_535;
const DB_MAX = 16_383;

// redis+sentinel://user:password@host:port,host:port/name?option=value; the last "@" ends the password.
const URL_FORM =
  /^redis(?<tls>s)?(?:\+(?<group>sentinel|cluster))?:\/\/(?:(?<login>[^/?#]*)@)?(?<hosts>[^/?#@]*)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/;
const HOST_FORM = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9._-]+))(?::(?<port>.*))?$/;
// As Sentinel itself has it.
const PRIMARY_FORM = /^[A-Za-z0-9._-]+$/;

const OPTIONS = ["ca", "nat", "sentinel_username", "sentinel_password"] as const;
type Options = Partial<Record<(typeof OPTIONS)[number], string>>;

/**
 * What a URL of Redis says. The scheme is `redis:` or, over TLS, `rediss:`, with `+sentinel` or `+cluster`
 * behind it where that is what stands there. The path is the number of a database, or the primary's name
 * and that. Options:
 * - `ca`: a PEM file of authorities, with TLS.
 * - `nat`: pairs `announced host:port=reachable host:port` with commas between them.
 * - `sentinel_username`, `sentinel_password`: the login at the Sentinels. Without them it is the password
 *   of the servers and no user; with an empty password none.
 *
 * Throws an Error that names the part that is wrong, and never says what may be of a password.
 */
export function redisPlace(url: string): RedisPlace {
  const parts = URL_FORM.exec(url)?.groups;
  if (parts === undefined) throw new Error(`it must be ${REDIS_URL_RULE}`);
  const { tls, group, login, hosts = "", path = "", query } = parts;
  // What stands there may be a part of a password, and no message may say it.
  if (`${path}${query}`.includes("@")) {
    throw new Error("its user or password has a / or ? that is not written as %2F or %3F");
  }
  const topology = group === "sentinel" || group === "cluster" ? group : "single";
  const options = optionsIn(query ?? "");
  checkUse(options, topology, tls !== undefined);
  const own = loginIn(login);
  return {
    topology,
    hosts: hostsIn(hosts, topology),
    ...pathIn(path, topology),
    login: own,
    sentinelLogin: topology === "sentinel" ? sentinelLogin(own, options) : {},
    tls: tls !== undefined,
    ...(options.ca !== undefined && { caFile: options.ca }),
    nat: natIn(options.nat ?? ""),
  };
}

function hostsIn(text: string, topology: RedisPlace["topology"]): HostPort[] {
  const hosts = text.split(",").map((host, at) => hostIn(host, portOf(topology), place(at)));
  if (topology === "single" && hosts.length > 1) {
    throw new Error("it names several hosts, which is for redis+sentinel: and redis+cluster:");
  }
  if (hosts.length > HOSTS_MAX) throw new Error(`it names more than ${HOSTS_MAX} hosts`);
  return hosts;
}

function hostIn(text: string, portDefault: number | undefined, where: string): HostPort {
  const { ipv6, name, port } = HOST_FORM.exec(text)?.groups ?? {};
  const host = ipv6 ?? name;
  if (host === undefined) throw new Error(`its ${where} is not one`);
  if (port === undefined && portDefault !== undefined) return { host, port: portDefault };
  const number = /^\d{1,5}$/.test(port ?? "") ? Number(port) : 0;
  if (number < 1 || number > PORT_MAX) {
    throw new Error(`the port of its ${where} must be a whole number from 1 to ${PORT_MAX}`);
  }
  return { host, port: number };
}

function portOf(topology: RedisPlace["topology"]): number {
  return topology === "sentinel" ? 26_379 : 6_379;
}

function place(at: number): string {
  return at === 0 ? "host" : `host number ${at + 1}`;
}

function pathIn(path: string, topology: RedisPlace["topology"]): { primary: string; db: number } {
  const [first = "", ...rest] = topology === "sentinel" ? path.split("/") : ["", path];
  if (topology === "sentinel" && !PRIMARY_FORM.test(first)) {
    throw new Error("its path must be what the Sentinels call the primary, such as /mymaster");
  }
  const db = rest.length === 0 || rest[0] === "" ? "0" : (rest[0] ?? "");
  if (rest.length > 1 || !/^\d{1,5}$/.test(db) || Number(db) > DB_MAX) {
    throw new Error(`the database in its path must be a whole number from 0 to ${DB_MAX}`);
  }
  if (topology === "cluster" && db !== "0") throw new Error("a Cluster has no database but 0");
  return { primary: first, db: Number(db) };
}

function loginIn(login: string | undefined): Login {
  if (login === undefined || login === "") return {};
  const colon = login.indexOf(":");
  if (colon < 0)
    throw new Error("its user has no password: it is written :password@ without a user");
  const username = decoded(login.slice(0, colon), "user");
  const password = decoded(login.slice(colon + 1), "password");
  if (password === "") throw new Error("its password is empty");
  return { ...(username !== "" && { username }), password };
}

function sentinelLogin(own: Login, options: Options): Login {
  const { sentinel_username: username, sentinel_password: asked } = options;
  const password = asked ?? own.password;
  if (password === undefined || password === "") return {};
  return { ...(username && { username }), password };
}

function optionsIn(query: string): Options {
  const options: Options = {};
  if (query === "") return options;
  for (const [at, pair] of query.split("&").entries()) {
    const equals = pair.indexOf("=");
    const name = OPTIONS.find((known) => known === pair.slice(0, equals));
    // Its name is not said: it may be a part of a password.
    if (name === undefined) {
      throw new Error(`its option number ${at + 1} is none of ${OPTIONS.join(", ")}`);
    }
    if (options[name] !== undefined) throw new Error(`its option ${name} is there twice`);
    options[name] = decoded(pair.slice(equals + 1), `option ${name}`);
  }
  return options;
}

function checkUse(options: Options, topology: RedisPlace["topology"], tls: boolean): void {
  if (options.ca !== undefined && !tls) throw new Error("its option ca is only for rediss:");
  if (options.ca === "") throw new Error("its option ca names no file");
  if (options.nat !== undefined && topology === "single") {
    throw new Error("its option nat is only for Sentinels and a Cluster");
  }
  for (const name of ["sentinel_username", "sentinel_password"] as const) {
    if (options[name] !== undefined && topology !== "sentinel") {
      throw new Error(`its option ${name} is only for Sentinels`);
    }
  }
  if (options.sentinel_username && !options.sentinel_password) {
    throw new Error("its option sentinel_username needs sentinel_password");
  }
}

function natIn(text: string): Record<string, HostPort> {
  if (text === "") return {};
  const pairs = text.split(",").map((pair, at) => {
    const where = `pair number ${at + 1} of option nat`;
    const [announced = "", reachable, ...more] = pair.split("=");
    if (reachable === undefined || more.length > 0) {
      throw new Error(`its ${where} must be announced host:port=reachable host:port`);
    }
    const { host, port } = hostIn(announced, undefined, `${where}, the announced host,`);
    return [`${host}:${port}`, hostIn(reachable, undefined, `${where}, the reachable host,`)];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(`its ${what} has a % that is not written as %25`);
  }
}
