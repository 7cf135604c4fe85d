import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import {
  freePort,
  HOST,
  type RunningServer,
  removeFolder,
  type ServerOptions,
  startPostgres,
  startRedis,
} from "../../../local/servers/index.ts";
import { isRunning, type ProcessIdentity } from "../../../local/setup/processes.js";
import { newFolder, sql } from "./toy-mesh.fixture.ts";

const givenPort = fileURLToPath(new URL("./given-port.ts", import.meta.url));
const orphanedServers = fileURLToPath(new URL("./orphaned-servers.ts", import.meta.url));

const running: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

describe("startPostgres", () => {
  it("gives a database courtside that keeps its rows over a restart", async () => {
    const folder = folderOfTest();
    const first = await started(startPostgres, { folder });
    await sql(first.url, "create table note as select 'kept' as text");
    await first.stop();

    const second = await started(startPostgres, { folder });

    expect(await sql(second.url, "select text from note")).toEqual([{ text: "kept" }]);
  });

  it("ends with status 0 when stopped, however often it is told to", async () => {
    const server = await started(startPostgres, { folder: folderOfTest() });

    await Promise.all([server.stop(), server.stop()]);

    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(isRunning(server.identity)).toBe(false);
  });

  it("takes no login without the password, which only its owner may read", async () => {
    const folder = folderOfTest();
    const server = await started(startPostgres, { folder });
    const wrong = new URL(server.url);
    wrong.password = "guessed";

    expect(statSync(join(folder, "password")).mode & 0o777).toBe(0o600);
    await expect(sql(wrong.href, "select 1")).rejects.toThrow("password authentication failed");
  });

  it("has checksums, UTF-8, the C locale and the settings it was given", async () => {
    const settings = { work_mem: "7MB" };
    const { url } = await started(startPostgres, { folder: folderOfTest(), settings });
    const show = async (name: string) => (await sql(url, `show ${name}`))[0];

    expect(await show("data_checksums")).toEqual({ data_checksums: "on" });
    expect(await show("server_encoding")).toEqual({ server_encoding: "UTF8" });
    expect(await show("fsync")).toEqual({ fsync: "on" });
    expect(await show("unix_socket_directories")).toEqual({ unix_socket_directories: "" });
    expect(await show("work_mem")).toEqual({ work_mem: "7MB" });
  });

  it("recovers after a kill of all its processes", async () => {
    const folder = folderOfTest();
    const first = await started(startPostgres, { folder });
    await sql(first.url, "create table note as select 'durable' as text");
    first.kill("SIGKILL");
    await first.exited;

    const second = await started(startPostgres, { folder, port: first.port });

    expect(await sql(second.url, "select text from note")).toEqual([{ text: "durable" }]);
  });

  it("leaves a foreign process alone that was given the pid of one of ours", async () => {
    const folder = folderOfTest();
    const first = await started(startPostgres, { folder });
    await first.stop();
    const foreign = spawn("sleep", ["60"], { stdio: "ignore" });
    onTestFinished(() => void foreign.kill());
    writeFileSync(join(folder, "data", "postmaster.pid"), `${foreign.pid}\n${folder}/data\n`);

    await started(startPostgres, { folder });

    expect(foreign.exitCode).toBeNull();
    expect(foreign.signalCode).toBeNull();
  });

  it("begins the cluster anew when its creation was interrupted", async () => {
    const folder = folderOfTest();
    mkdirSync(join(folder, "data.draft"), { recursive: true });
    writeFileSync(join(folder, "data.draft", "PG_VERSION"), "15\n");

    const server = await started(startPostgres, { folder });

    expect(await sql(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("says what Postgres said when it does not start", async () => {
    const settings = { shared_buffers: "none" };

    await expect(startPostgres({ folder: folderOfTest(), settings })).rejects.toThrow(
      /invalid value for parameter "shared_buffers"/,
    );
  });
});

describe("startRedis", () => {
  it("keeps its keys over a restart, behind a password", async () => {
    const folder = folderOfTest();
    const first = await started(startRedis, { folder });
    await asked(first.url, (redis) => redis.set("note", "kept"));
    await first.stop();

    const second = await started(startRedis, { folder });

    expect(await asked(second.url, (redis) => redis.get("note"))).toBe("kept");
    const keyless = `redis://${HOST}:${second.port}`;
    await expect(asked(keyless, (redis) => redis.get("note"))).rejects.toThrow();
  });

  it("never evicts, syncs each second, and takes the settings it was given", async () => {
    const settings = { maxmemory: "64mb" };
    const { url } = await started(startRedis, { folder: folderOfTest(), settings });
    const setting = (name: string) => asked(url, (redis) => redis.config("GET", name));

    expect(await setting("maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    expect(await setting("appendfsync")).toEqual(["appendfsync", "everysec"]);
    expect(await setting("maxmemory")).toEqual(["maxmemory", String(64 * 1024 * 1024)]);
  });

  it("says what Redis said when its port is taken", async () => {
    const port = await freePort();
    const other = createServer().listen(port, HOST);
    onTestFinished(() => void other.close());

    await expect(startRedis({ folder: folderOfTest(), port })).rejects.toThrow("already in use");
  });
});

describe("freePort", () => {
  it.runIf(process.platform === "linux")("gives a port to one process while it lives", async () => {
    const ended = Number(givenToAnother().stdout);
    expect(await freePort(ended, ended + 1)).toBe(ended);

    const { stderr } = givenToAnother(ended, ended + 1);
    expect(stderr).toContain("ports tried on 127.0.0.1 is free");
  });
});

describe("both", () => {
  it("end what a killed supervisor left and go on with its data", async () => {
    const folder = folderOfTest();
    const { stdout } = spawnSync(process.execPath, [orphanedServers, folder], { encoding: "utf8" });
    const orphans: ProcessIdentity[] = JSON.parse(stdout);
    expect(orphans.map(isRunning)).toEqual([true, true]);

    await started(startPostgres, { folder: join(folder, "postgres") });
    await started(startRedis, { folder: join(folder, "redis") });

    expect(orphans.map(isRunning)).toEqual([false, false]);
  });

  it.runIf(process.getuid?.() === 0)("run as another user when started by root", async () => {
    const folder = folderOfTest();
    const postgres = await started(startPostgres, { folder: join(folder, "postgres") });
    const redis = await started(startRedis, { folder: join(folder, "redis") });

    for (const { pid } of [postgres, redis]) expect(userOf(pid)).not.toBe(0);
  });

  it.runIf(process.getuid?.() === 0)("lie elsewhere when only root may enter", async () => {
    const folder = join(folderOfTest(), "private");
    mkdirSync(folder, { mode: 0o700 });
    const server = await started(startRedis, { folder: join(folder, "redis") });
    await asked(server.url, (redis) => redis.set("note", "kept"));
    await server.stop();
    const again = await started(startRedis, { folder: join(folder, "redis") });

    expect(await asked(again.url, (redis) => redis.get("note"))).toBe("kept");
    expect(statSync(join(folder, "redis")).uid).toBe(userOf(again.pid));
  });
});

async function started(
  start: (options: ServerOptions) => Promise<RunningServer>,
  options: ServerOptions,
): Promise<RunningServer> {
  const server = await start(options);
  running.push(server);
  return server;
}

function folderOfTest(): string {
  const folder = newFolder();
  onTestFinished(async () => {
    await Promise.all(running.map((server) => server.stop()));
    removeFolder(join(folder, "private"));
    removeFolder(folder);
  });
  return folder;
}

function givenToAnother(...between: number[]) {
  return spawnSync(process.execPath, [givenPort, ...between.map(String)], { encoding: "utf8" });
}

async function asked<Answer>(url: string, ask: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null });
  redis.on("error", () => {});
  try {
    await redis.connect();
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

function userOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
