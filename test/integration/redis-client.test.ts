import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { Outage } from "#runtime/outage";
import { answer, connected, type RedisClient, redisClient } from "#stores/redis";
import {
  freePort,
  HOST,
  type RunningServer,
  removeFolder,
  startRedis,
} from "../../local/servers/index.ts";
import { launchRedis } from "../../local/servers/redis.ts";
import { type Link, linkTo } from "../faults/link.ts";
import { SILENT, startOwnRedis } from "./stores.fixture.ts";

const SLOTS = 16_384;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "courtside-redis-client-"));
  // The servers run as somebody else where the tests run as root.
  chmodSync(folder, 0o755);
  onTestFinished(() => removeFolder(folder));
  return folder;
}

type Settings = Readonly<Record<string, string>>;

/** A server, ended with the test. */
async function server(settings: Settings = {}, password?: string): Promise<RunningServer> {
  const folder = join(newFolder(), "redis");
  const running = await startRedis({ folder, settings, ...(password && { password }) });
  onTestFinished(() => running.stop());
  return running;
}

/** A Cluster of one node, which announces itself as it is told. */
async function clusterNode(settings: Settings = {}): Promise<RunningServer> {
  // One that has never met another does not know its own address.
  const own = { "cluster-announce-ip": HOST, "cluster-port": String(await freePort()) };
  const node = await server({ "cluster-enabled": "yes", ...own, ...settings });
  await asked(node, (redis) => redis.call("CLUSTER", "ADDSLOTSRANGE", "0", String(SLOTS - 1)));
  await isWhole(node);
  return node;
}

async function isWhole(node: RunningServer): Promise<void> {
  await expect
    .poll(() => asked(node, (redis) => redis.cluster("INFO")), { timeout: 15_000 })
    .toMatch(/cluster_state:ok/);
}

/** A Sentinel that watches a primary as "main", with another password than that has. */
async function sentinelOf(primary: RunningServer, lines: readonly string[] = [], port?: number) {
  const sentinel = await launchRedis({
    folder: join(newFolder(), "sentinel"),
    lines: [
      `sentinel monitor main ${HOST} ${port ?? primary.port} 1`,
      `sentinel auth-pass main ${passwordOf(primary)}`,
      ...lines,
    ],
    mode: "--sentinel",
  });
  onTestFinished(() => sentinel.stop());
  return sentinel;
}

async function asked<Answer>({ url }: RunningServer, ask: (redis: Redis) => Promise<Answer>) {
  const redis = new Redis(url);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

async function link(port: number): Promise<Link> {
  const opened = await linkTo(port);
  onTestFinished(() => opened.close());
  return opened;
}

/** A client of the constructor that is tested, connected if it can be, and closed with the test. */
async function clientOf(url: string): Promise<RedisClient> {
  const redis = redisClient({ url, log: SILENT, name: "test" });
  onTestFinished(() => redis.disconnect());
  await connected(redis);
  return redis;
}

function passwordOf({ url }: RunningServer): string {
  return new URL(url).password;
}

describe("a client of Redis", () => {
  it("reaches a Cluster whose nodes announce addresses that lead nowhere", async () => {
    const announced = { "cluster-announce-ip": "192.0.2.1", "cluster-announce-port": "6379" };
    const node = await clusterNode(announced);
    const at = `redis+cluster://:${passwordOf(node)}@localhost:${node.port}`;

    const astray = await clientOf(at);
    await expect(answer(astray.set("note", "lost"))).rejects.toThrow(Outage);
    const redis = await clientOf(`${at}?nat=192.0.2.1:6379=localhost:${node.port}`);
    expect(await redis.set("note", "kept")).toBe("OK");
    expect(await redis.ssubscribe("{note}")).toBe(1);
  });

  it("reaches a primary where the map says, by Sentinels with a password of their own", async () => {
    const primary = await server();
    const sentinel = await sentinelOf(primary);
    const way = await link(primary.port);
    const at = `redis+sentinel://:${passwordOf(primary)}@${HOST}:${sentinel.port}/main`;
    const nat = `nat=${HOST}:${primary.port}=${HOST}:${way.port}`;

    const redis = await clientOf(`${at}?sentinel_password=${passwordOf(sentinel)}&${nat}`);
    expect(await redis.set("note", "kept")).toBe("OK");
    expect(way.connections()).toBe(1);
    const refused = await clientOf(`${at}?${nat}`);
    await expect(answer(refused.get("note"))).rejects.toThrow(Outage);
  });

  it("P9: fails at once without a connection, and keeps nothing for later", async () => {
    const node = await server();
    const way = await link(node.port);
    way.refuse();
    const redis = await clientOf(`redis://:${passwordOf(node)}@${HOST}:${way.port}`);
    const failures = await Promise.all(
      Array.from({ length: 1_000 }, () => redis.incr("note").catch(String)),
    );
    way.heal();

    // Not a command timed out: none of them waited.
    expect(new Set(failures)).toEqual(new Set([expect.stringContaining("isn't writeable")]));
    await expect.poll(() => redis.get("note").catch(String), { timeout: 10_000 }).toBe(null);
  });

  it.each(["one server", "a Cluster"])(
    "never sends again what was answered and not heard: %s",
    async (what) => {
      const node = what === "a Cluster" ? await clusterNode() : await server();
      const way = await link(node.port);
      const to = `${HOST}:${node.port}=${HOST}:${way.port}`;
      const redis = await clientOf(
        what === "a Cluster"
          ? `redis+cluster://:${passwordOf(node)}@${HOST}:${way.port}?nat=${to}`
          : `redis://:${passwordOf(node)}@${HOST}:${way.port}`,
      );
      await redis.set("count", "0");
      way.dropAnswers();
      const sent = Promise.allSettled(Array.from({ length: 20 }, () => redis.incr("count")));
      await expect
        .poll(() => asked(node, (direct) => direct.get("count")), { timeout: 10_000 })
        .toBe("20");
      way.cut();
      way.heal();

      expect((await sent).every(({ status }) => status === "rejected")).toBe(true);
      await expect.poll(() => redis.get("count").catch(() => "")).toBe("20");
    },
  );

  it("has a bound for every command, and leaves a connection that is stalled", async () => {
    const node = await server();
    const way = await link(node.port);
    const redis = await clientOf(`redis://:${passwordOf(node)}@${HOST}:${way.port}`);
    way.stall();
    const begun = performance.now();

    await expect(answer(redis.get("note"))).rejects.toThrow(Outage);
    expect(performance.now() - begun).toBeLessThan(10_000);
    await expect.poll(() => redis.status).not.toBe("ready");
    way.heal();
    await expect.poll(() => redis.status).toBe("ready");
  });

  it("P6: fails no command of a Cluster that it has just connected to", async () => {
    const group = await startOwnRedis("cluster");
    onTestFinished(() => group.stop());
    const redis = await clientOf(group.url);

    const notes = Array.from({ length: 100 }, (_, at) => answer(redis.get(`note ${at}`)));
    expect(new Set(await Promise.all(notes))).toEqual(new Set([null]));
  });

  it("connects anew to a Cluster that leads it in circles", async () => {
    const right = await clusterNode();
    const password = passwordOf(right);
    const wrong = await server(
      { "cluster-enabled": "yes", "cluster-port": String(await freePort()) },
      password,
    );
    const bus = await asked(right, (redis) => redis.config("GET", "cluster-port"));
    const to = [HOST, String(right.port), String((bus as string[])[1])];
    await asked(wrong, (redis) => redis.call("CLUSTER", "MEET", ...to));
    await isWhole(wrong);
    // The way to the node that has all slots leads to the one that has none, and says where they are.
    const way = await link(wrong.port);
    const nat = `${HOST}:${right.port}=${HOST}:${way.port}`;
    const redis = await clientOf(`redis+cluster://:${password}@${HOST}:${wrong.port}?nat=${nat}`);
    await expect.poll(() => redis.status).toBe("ready");
    let reconnected = 0;
    redis.on("reconnecting", () => {
      reconnected += 1;
    });
    const failures: string[] = [];
    for (; reconnected === 0; await delay(5)) {
      failures.push(await redis.get("note").then(String, String));
    }
    const circles = failures.filter((text) => text.includes("Too many Cluster redirections"));
    expect(circles).toHaveLength(5);
    way.leadTo(right.port);

    await expect.poll(() => redis.set("note", "kept").catch(() => "")).toBe("OK");
  });
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe.runIf(hasOpenssl)("a client of Redis over TLS", () => {
  /** A certificate of localhost, which is its own authority. */
  function certificate(): { readonly cert: string; readonly key: string } {
    const folder = newFolder();
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const { status, stderr } = spawnSync("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "1", "-subj", "/CN=courtside", "-addext", "subjectAltName=DNS:localhost"],
      ...["-keyout", key, "-out", cert],
    ]);
    if (status !== 0) throw new Error(String(stderr));
    chmodSync(key, 0o644);
    return { cert, key };
  }
  function tlsSettings(port: number, { cert, key }: ReturnType<typeof certificate>): Settings {
    const files = { "tls-cert-file": cert, "tls-key-file": key, "tls-ca-cert-file": cert };
    return { "tls-port": String(port), ...files, "tls-auth-clients": "no" };
  }

  it("asks one server whose certificate is of the authority given, and no other", async () => {
    const files = certificate();
    const port = await freePort();
    const node = await server(tlsSettings(port, files));
    const at = `rediss://:${passwordOf(node)}@localhost:${port}`;

    expect(await (await clientOf(`${at}?ca=${files.cert}`)).ping()).toBe("PONG");
    for (const url of [at, `${at}?ca=${certificate().cert}`]) {
      const refused = await clientOf(url);
      await expect(answer(refused.ping())).rejects.toThrow(Outage);
      // What comes after the first error of a connection must not be what ends the process.
      const isHeard = new Promise((resolve) => {
        refused.once("error", () => {
          resolve((refused as Redis).stream.listenerCount("error") > 0);
        });
      });
      expect(await isHeard).toBe(true);
    }
    expect(() => redisClient({ url: `${at}?ca=/no/file`, log: SILENT, name: "test" })).toThrow(
      "/no/file",
    );
  });

  it("asks a Cluster, and listens there", async () => {
    const files = certificate();
    const port = await freePort();
    const node = await clusterNode({ ...tlsSettings(port, files), "tls-cluster": "yes" });
    const at = `rediss+cluster://:${passwordOf(node)}@localhost:${port}`;
    // It announces an address, and its certificate is of a name.
    const redis = await clientOf(`${at}?ca=${files.cert}&nat=${HOST}:${port}=localhost:${port}`);

    expect(await redis.set("note", "kept")).toBe("OK");
    expect(await redis.ssubscribe("{note}")).toBe(1);
  });

  it("asks the primary that Sentinels name, both over TLS", async () => {
    const files = certificate();
    const [port, sentinelPort] = [await freePort(), await freePort()];
    const primary = await server({ ...tlsSettings(port, files), "tls-replication": "yes" });
    const lines = Object.entries(tlsSettings(sentinelPort, files)).map((line) => line.join(" "));
    const sentinel = await sentinelOf(primary, [...lines, "tls-replication yes"], port);
    const at = `rediss+sentinel://:${passwordOf(primary)}@localhost:${sentinelPort}/main`;
    const redis = await clientOf(
      `${at}?ca=${files.cert}&sentinel_password=${passwordOf(sentinel)}&nat=${HOST}:${port}=localhost:${port}`,
    );

    expect(await redis.set("note", "kept")).toBe("OK");
  });
});
