import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { Outage } from "#runtime/outage";
import { archiveReadsIn } from "#stores/archive";
import { postgresPool, query, whileAlone } from "#stores/postgres";
import { type PostgresGroup, startPostgres, startPostgresAs } from "../../local/servers/index.ts";
import { serversFolder, sql } from "./postgres-failover.fixture.ts";
import { freshDatabase, poolOn, SILENT } from "./stores.fixture.ts";

/** The port of the server that a pool reaches, or why it reaches none. */
async function portOf(pool: pg.Pool): Promise<number | string> {
  try {
    const { rows } = await query<{ port: number }>(pool, {
      text: "select inet_server_port() as port",
    });
    return rows[0]?.port ?? 0;
  } catch (error) {
    return error instanceof Outage ? "outage" : String(error);
  }
}

async function startGroup(): Promise<PostgresGroup> {
  const place = serversFolder();
  onTestFinished(place.remove);
  const group = await startPostgresAs("replicated", { folder: join(place.folder, "postgres") });
  onTestFinished(() => group.stop());
  return group;
}

describe("a pool whose connections are held by work that asks for more of them", () => {
  it.each<
    [string, (pool: pg.Pool, name: string, work: () => Promise<unknown>) => Promise<unknown>]
  >([
    ["alone", whileAlone],
    [
      "with the archive of one moment",
      (pool, slot, work) => archiveReadsIn(pool).inParts(slot, work),
    ],
    [
      "alone and with the archive of one moment",
      (pool, slot, work) => whileAlone(pool, slot, () => archiveReadsIn(pool).inParts(slot, work)),
    ],
  ])("P9: has one left for them, however much wants to work %s", async (_, hold) => {
    const pool = postgresPool({
      ...{ url: await freshDatabase(), connectionsMax: 5, log: SILENT, name: "test" },
    });
    onTestFinished(() => pool.end());
    const names = [...Array(30).keys()].map((at) => `t${at}:2023-24:regular`);
    let done = 0;

    await Promise.all(
      names.map((name) =>
        hold(pool, name, async () => {
          await query(pool, { text: "select pg_sleep(0.01)" });
          done += 1;
        }),
      ),
    );

    expect(done).toBe(names.length);
  });
});

describe("a pool on a primary and two standbys", () => {
  it("writes on the primary and reads from a standby, leaves a primary that was replaced, and takes its listeners and locks along", {
    timeout: 90_000,
  }, async () => {
    const group = await startGroup();
    const portNamed = (name: string) => group.servers.get(name)?.port ?? 0;
    const [old, next, third] = ["postgres", "postgres-2", "postgres-3"].map(portNamed);
    const writer = poolOn(group.url);
    const reader = postgresPool({
      ...{ url: group.url, role: "reader", connectionsMax: 2, log: SILENT, name: "test" },
    });
    onTestFinished(() => reader.end());
    expect(await portOf(writer)).toBe(old);
    expect([next, third]).toContain(await portOf(reader));
    const onStandby = poolOn(group.servers.get("postgres-3")?.url ?? "");
    expect(await portOf(onStandby)).toBe("outage");

    const listener = await writer.connect();
    await listener.query("listen something");
    const ended = new Promise((resolve) => listener.once("end", () => resolve("ended")));
    const promoted = Promise.withResolvers<void>();
    const held = whileAlone(writer, "something", () => promoted.promise).catch((error) => error);
    // The old one goes on, and takes writes: nothing tells but its timeline.
    await group.promote("postgres-2");
    expect(await ended).toBe("ended");
    listener.release(true);
    expect(await portOf(writer)).toBe(next);
    promoted.resolve();
    expect(await held).toBeInstanceOf(Outage);
    expect(await whileAlone(writer, "something", async () => "again")).toBe("again");
    await expect.poll(() => portOf(reader), { timeout: 10_000 }).toBe(third);

    const standby = group.servers.get("postgres-3");
    standby?.kill("SIGKILL");
    await standby?.exited;
    await expect.poll(() => portOf(reader)).toBe(next);
    const primary = group.servers.get("postgres-2");
    primary?.kill("SIGKILL");
    await primary?.exited;
    // The replaced one is there yet, and is not taken for want of another.
    expect(await sql(group.servers.get("postgres")?.url ?? "", "select 1 as one")).toEqual([
      { one: 1 },
    ]);
    for (let at = 0; at < 5; at += 1) {
      expect([await portOf(writer), await portOf(reader)]).toEqual(["outage", "outage"]);
    }
    await group.restart("postgres-2");
    expect(await portOf(writer)).toBe(next);
  });
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe.runIf(hasOpenssl)("a pool over TLS", () => {
  it("asks a server whose certificate is of the authority and of the name that it is to be, and no other", {
    timeout: 60_000,
  }, async () => {
    const place = serversFolder();
    onTestFinished(place.remove);
    const certificate = (name: string) => {
      const [cert, key] = [join(place.folder, `${name}.pem`), join(place.folder, `${name}.key`)];
      const { status, stderr } = spawnSync("openssl", [
        ...[
          "req",
          "-x509",
          "-newkey",
          "rsa:2048",
          "-nodes",
          "-days",
          "2",
          "-subj",
          "/CN=localhost",
        ],
        ...["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
      ]);
      if (status !== 0) throw new Error(String(stderr));
      return { cert, key };
    };
    const [own, other] = [certificate("own"), certificate("other")];
    const folder = join(place.folder, "postgres");
    await (await startPostgres({ folder })).stop();
    // Whoever runs the server has to own its key, and nobody else may read it.
    spawnSync("cp", [own.cert, own.key, join(folder, "data")]);
    const key = join(folder, "data", "own.key");
    spawnSync("chown", ["--reference", join(folder, "data", "PG_VERSION"), key]);
    chmodSync(key, 0o600);
    expect(readFileSync(join(folder, "data", "own.pem"), "utf8")).toContain("BEGIN CERTIFICATE");
    const settings = { ssl: "on", ssl_cert_file: "own.pem", ssl_key_file: "own.key" };
    const server = await startPostgres({ folder, settings });
    onTestFinished(() => server.stop());

    const asked = async (host: string, parameters: string): Promise<string> => {
      const pool = poolOn(server.url.replace("127.0.0.1", host) + parameters, 1);
      try {
        const text = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
        const { rows } = await pool.query<{ ssl: boolean }>(text);
        return rows[0]?.ssl ? "encrypted" : "clear text";
      } catch (error) {
        return (error as { code?: string }).code ?? String(error);
      }
    };
    expect(await asked("127.0.0.1", "")).toBe("clear text");
    expect(await asked("127.0.0.1", "?sslmode=require")).toBe("encrypted");
    const ca = (sslmode: string, file: string) => `?sslmode=${sslmode}&sslrootcert=${file}`;
    expect(await asked("127.0.0.1", ca("verify-ca", own.cert))).toBe("encrypted");
    expect(await asked("localhost", ca("verify-full", own.cert))).toBe("encrypted");
    expect(await asked("127.0.0.1", ca("verify-full", own.cert))).toBe(
      "ERR_TLS_CERT_ALTNAME_INVALID",
    );
    for (const mode of ["require", "verify-ca", "verify-full"]) {
      expect(await asked("localhost", ca(mode, other.cert))).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    }
    expect(await asked("localhost", "?sslmode=verify-full")).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  });
});
