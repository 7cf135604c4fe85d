/** One of the servers that a Postgres URL names. */
export type PostgresServer = {
  /** `host:port`, as logs say it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The URL with this server alone, as node-postgres reads it. Holds the password: never for a log. */
  readonly url: string;
};

/** How a URL of several servers looks. */
export const POSTGRES_URL_RULE =
  "a URL such as postgres://user:password@host:5432,other:5432/database";

const SERVERS_MAX = 16;
const PORT_DEFAULT = 5_432;
const PORT_MAX = 65_535;

// postgres://user:password@host:port,host:port/database?name=value; the last "@" ends the password.
const URL_FORM =
  /^postgres(?:ql)?:\/\/(?:(?<login>[^/?#]*)@)?(?<hosts>[^/?#@]*)(?:\/(?<database>[^?#]*))?(?:\?(?<query>[^#]*))?$/;
const HOST_FORM = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9._-]+))(?::(?<port>.*))?$/;

// What libpq means by them (https://www.postgresql.org/docs/current/libpq-ssl.html), without those that
// would go on in clear text.
const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"];
const SSL_FILES = ["sslrootcert", "sslcert", "sslkey"];

/**
 * The servers of a Postgres URL, whose host part may name several: which of them is the primary is found
 * out when connecting. Parameters are those of TLS: `sslmode`, and the files `sslrootcert`, `sslcert` and
 * `sslkey`. Throws an Error that names the part that is wrong, and never the password.
 */
export function postgresServers(url: string): PostgresServer[] {
  const parts = URL_FORM.exec(url)?.groups;
  if (parts === undefined) throw new Error(`it must be ${POSTGRES_URL_RULE}`);
  const { login, hosts = "", database, query } = parts;
  // What stands there may be a part of a password, and no message may say it.
  if (`${database}${query}`.includes("@")) {
    throw new Error("its user or password has a / or ? that is not written as %2F or %3F");
  }
  if (login !== undefined) checkEncoding(login, "its user or password");
  checkEncoding(database ?? "", "its database");
  const parameters = parametersOf(query ?? "");
  const servers = hosts.split(",").map((text) => {
    const { host, port } = hostOf(text);
    const bracketed = host.includes(":") ? `[${host}]` : host;
    const name = `${bracketed}:${port}`;
    const before = login === undefined ? "" : `${login}@`;
    return { name, host, port, url: `postgres://${before}${name}/${database ?? ""}${parameters}` };
  });
  if (servers.length > SERVERS_MAX) throw new Error(`it may name ${SERVERS_MAX} hosts at most`);
  const twice = servers.find(({ name }, at) => servers.findIndex((one) => one.name === name) < at);
  if (twice !== undefined) throw new Error(`it names the host ${twice.name} twice`);
  return servers;
}

/** What is wrong with a Postgres URL, as a clause; undefined where nothing is. */
export function faultInPostgresUrl(url: string): string | undefined {
  try {
    postgresServers(url);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function hostOf(text: string): { host: string; port: number } {
  if (text === "") throw new Error("one of its hosts is empty");
  const { ipv6, name, port } = HOST_FORM.exec(text)?.groups ?? {};
  const host = ipv6 ?? name;
  // Without an "@" before it, this may be a part of a password.
  if (host === undefined) throw new Error("one of its hosts is neither a name nor an address");
  if (port === undefined) return { host, port: PORT_DEFAULT };
  const number = /^[0-9]+$/.test(port) ? Number(port) : Number.NaN;
  if (number >= 1 && number <= PORT_MAX) return { host, port: number };
  throw new Error(`the port of its host ${host} must be a whole number from 1 to ${PORT_MAX}`);
}

/** The parameters as node-postgres takes them; empty without any. */
function parametersOf(query: string): string {
  if (query === "") return "";
  const parameters = new URLSearchParams(query);
  for (const [name, value] of parameters) {
    if (name !== "sslmode" && !SSL_FILES.includes(name)) {
      throw new Error(`its parameters may be sslmode, ${SSL_FILES.join(", ")}, and no other`);
    }
    if (value === "") throw new Error(`its parameter ${name} is empty`);
  }
  const mode = parameters.get("sslmode");
  if (mode === null) throw new Error("it names a file for TLS and no sslmode");
  if (!SSL_MODES.includes(mode))
    throw new Error(`its sslmode must be one of ${SSL_MODES.join(", ")}`);
  if (mode === "verify-ca" && !parameters.has("sslrootcert")) {
    throw new Error("its sslmode verify-ca needs sslrootcert, the file of the CA");
  }
  // Without this node-postgres gives the modes meanings of its own, and warns that they will change.
  parameters.set("uselibpqcompat", "true");
  return `?${parameters}`;
}

function checkEncoding(text: string, what: string): void {
  try {
    decodeURIComponent(text);
  } catch {
    throw new Error(`${what} has a % that is not written as %25`);
  }
}
