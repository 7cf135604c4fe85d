import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  down,
  MeshAlreadyRuns,
  meshIn,
  status,
  storeRoles,
  type TopologyAsked,
  up,
} from "../../../local/mesh/index.ts";
import { removeFolder } from "../../../local/servers/index.ts";
import { isRunning } from "../../../local/setup/processes.js";
import {
  answerAt,
  eventually,
  newFolder,
  sql,
  TOY_PLAN,
  toySupervisor,
} from "./toy-mesh.fixture.ts";

const failingService = fileURLToPath(new URL("./failing-service.ts", import.meta.url));

let folder: string;
let told: string[];
const log = (sentence: string) => void told.push(sentence);
const upToy = (topology: TopologyAsked = {}) =>
  up({ folder, log, detach: true, supervisor: toySupervisor, topology });

beforeEach(() => {
  folder = newFolder();
  told = [];
});

afterEach(async () => {
  await down({ folder, log });
  removeFolder(folder);
});

describe("up", () => {
  it("returns when every service takes calls, and leaves the mesh running", async () => {
    expect(await upToy()).toBe(0);

    const mesh = status({ folder });
    expect(mesh?.services.map(({ name }) => name)).toEqual(["alpha", "beta"]);
    for (const { address, pid } of mesh?.services ?? []) {
      expect((await answerAt(address))?.pid).toBe(pid);
    }
    expect(mesh?.stores.map(({ name, running }) => [name, running])).toEqual([
      ["postgres", true],
      ["redis", true],
    ]);
    expect(told).toContain("Bringing the database up to date.");
  });

  it("says so and succeeds when the mesh runs already", async () => {
    await upToy();
    const before = status({ folder });

    expect(await upToy()).toBe(0);
    expect(status({ folder })).toEqual(before);
    expect(told.at(-1)).toMatch(/^A mesh runs in .* already \(process \d+\)\.$/);
  });

  it("has its Redis stand as it is told, and else as before", { timeout: 120_000 }, async () => {
    expect(await upToy({ redis: "sentinel" })).toBe(0);
    const mesh = status({ folder })!;
    expect([...(await storeRoles(mesh))]).toEqual([
      ["redis-1", "primary"],
      ["redis-2", "replica of redis-1"],
      ["redis-3", "replica of redis-1"],
      ["sentinel-1", "sentinel"],
      ["sentinel-2", "sentinel"],
      ["sentinel-3", "sentinel"],
    ]);
    expect((await answerAt(mesh.services[0]!.address))?.redis).toBe(mesh.urls.redis);
    expect(mesh.urls.redis).toMatch(/^redis\+sentinel:/);

    expect(await upToy({ redis: "cluster" })).toBe(1);
    expect(told.at(-1)).toBe("Its redis is sentinel: stop it first, to have it cluster.");
    await down({ folder, log });
    expect([...mesh.services, ...mesh.stores].filter(isRunning)).toEqual([]);

    expect(await upToy()).toBe(0);
    expect(status({ folder })?.topology.redis).toBe("sentinel");
    await down({ folder, log });

    expect(await upToy({ redis: "single" })).toBe(0);
    expect(told).toContain("Redis was sentinel here and is made anew as single.");
    expect(status({ folder })?.stores.map(({ name }) => name)).toEqual(["postgres", "redis"]);
  });

  it("starts one mesh when called twice at once", async () => {
    expect(await Promise.all([upToy(), upToy()])).toEqual([0, 0]);

    const mesh = status({ folder });
    expect(mesh?.ready).toBe(true);
    expect(told.filter((sentence) => sentence === "Starting alpha.").length).toBeGreaterThan(0);
    const log = readFileSync(join(folder, "log", "supervisor.log"), "utf8");
    expect(log.match(/Starting alpha\./g)).toHaveLength(1);
  });

  it("ends what a killed mesh left, and goes on with its data", async () => {
    await upToy();
    const before = status({ folder })!;
    await sql(before.stores[0]!.url, "insert into note values ('kept')");
    process.kill(before.supervisor.pid, "SIGKILL");
    await eventually(() => !isRunning(before.supervisor));
    expect(before.services.every(isRunning)).toBe(true);

    expect(await upToy()).toBe(0);
    expect([...before.services, ...before.stores].filter(isRunning)).toEqual([]);
    const after = status({ folder })!;
    expect(await sql(after.stores[0]!.url, "select text from note")).toEqual([{ text: "kept" }]);
  });
});

describe("a running mesh", () => {
  it("starts a killed service again, under its address", async () => {
    await upToy();
    const before = status({ folder })!.services[0]!;

    process.kill(before.pid, "SIGKILL");

    const again = await eventually(async () => {
      const answer = await answerAt(before.address);
      return answer !== undefined && answer.pid !== before.pid && answer;
    });
    const after = await eventually(() => {
      const service = status({ folder })!.services[0]!;
      return service.running && service;
    });
    expect(after).toMatchObject({ name: "alpha", address: before.address, pid: again.pid });
  });

  it("starts a killed Postgres again, under its address, with its data", async () => {
    await upToy();
    const before = status({ folder })!.stores[0]!;
    await sql(before.url, "insert into note values ('durable')");

    process.kill(before.pid, "SIGKILL");

    const after = await eventually(() => {
      const store = status({ folder })!.stores[0]!;
      return store.pid !== before.pid && store.running && store;
    });
    expect(after).toMatchObject({ name: "postgres", address: before.address, url: before.url });
    expect(await sql(after.url, "select text from note")).toEqual([{ text: "durable" }]);
  });

  it("writes its state, which holds passwords, for its owner alone", async () => {
    await upToy();

    expect(statSync(join(folder, "mesh.json")).mode & 0o777).toBe(0o600);
  });
});

describe("down", () => {
  it("ends every process and keeps the data", async () => {
    await upToy();
    const mesh = status({ folder })!;

    expect(await down({ folder, log })).toBe(0);
    expect([mesh.supervisor, ...mesh.services, ...mesh.stores].filter(isRunning)).toEqual([]);
    expect(status({ folder })).toBeUndefined();
    expect(existsSync(join(folder, "postgres", "data", "PG_VERSION"))).toBe(true);
  });

  it("ends what a killed mesh left", async () => {
    await upToy();
    const mesh = status({ folder })!;
    process.kill(mesh.supervisor.pid, "SIGKILL");

    expect(await down({ folder, log })).toBe(0);
    expect([...mesh.services, ...mesh.stores].filter(isRunning)).toEqual([]);
  });

  it("deletes the data when told to wipe", async () => {
    await upToy();

    expect(await down({ folder, log, wipe: true })).toBe(0);
    expect(existsSync(join(folder, "postgres"))).toBe(false);
    expect(existsSync(join(folder, "redis"))).toBe(false);
  });

  it("succeeds when no mesh runs", async () => {
    expect(await down({ folder, log })).toBe(0);
    expect(told).toEqual([`No mesh runs in ${folder}.`]);
  });
});

describe("meshIn", () => {
  it("throws with the end of its log when a service ends at each start, and stops the rest", async () => {
    const broken = { name: "broken", main: failingService };
    const plan = { ...TOY_PLAN, services: [...TOY_PLAN.services, broken] };
    plan.ready = async (address) => {
      if (mesh.state().services.at(-1)?.address === address) return false;
      return TOY_PLAN.ready(address);
    };
    const mesh = meshIn({ folder, plan, log });

    await expect(mesh.start()).rejects.toThrow(
      /broken ends whenever it is started\..*\nThe toy has no batteries\./s,
    );
    const { services, stores } = mesh.state();
    expect([...services, ...stores].filter(isRunning)).toEqual([]);
    expect(status({ folder })).toBeUndefined();
  });

  it("stops everything when stopped while it starts", async () => {
    const mesh = meshIn({ folder, plan: { ...TOY_PLAN, ready: async () => false }, log });
    const started = mesh.start().catch((error: Error) => error.message);
    await eventually(() => mesh.state().services.length === 2);

    await mesh.stop();

    expect(await started).toBe("The mesh was stopped while it started.");
    const { services, stores } = mesh.state();
    expect([...services, ...stores].filter(isRunning)).toEqual([]);
  });

  it("refuses a folder in which a mesh runs", async () => {
    await upToy();

    await expect(meshIn({ folder, plan: TOY_PLAN, log }).start()).rejects.toThrow(MeshAlreadyRuns);
    expect(status({ folder })?.ready).toBe(true);
  });

  it("ends every process at once when killed", async () => {
    const mesh = meshIn({ folder, plan: TOY_PLAN, log });
    const { services, stores } = await mesh.start();

    mesh.kill();

    await eventually(() => ![...services, ...stores].some(isRunning));
    await mesh.stop();
  });
});
