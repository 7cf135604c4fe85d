import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { connected, redisClient } from "#stores/redis";
import {
  redisRoles,
  removeFolder,
  type ServerGroup,
  startRedisAs,
} from "../../../local/servers/index.ts";
import { SILENT } from "../stores.fixture.ts";
import { eventually, newFolder } from "./toy-mesh.fixture.ts";

/** Who is what, by name. */
async function rolesOf({ servers }: ServerGroup): Promise<Record<string, string>> {
  const roles = await redisRoles([...servers.values()].map(({ url }) => url));
  return Object.fromEntries([...servers.keys()].map((name, at) => [name, roles[at]?.is ?? "gone"]));
}

/** What a client of a group answers, once it is connected. */
async function asked({ url }: ServerGroup, key: string, value?: string): Promise<string | null> {
  const redis = redisClient({ url, log: SILENT, name: "test" });
  try {
    await connected(redis);
    if (value !== undefined) await redis.set(key, value);
    return await redis.get(key);
  } finally {
    redis.disconnect();
  }
}

it.each(["sentinel", "cluster"] as const)(
  "Redis goes on at a replica when its primary dies, and with its data after a restart: %s",
  async (topology) => {
    const folder = newFolder();
    onTestFinished(() => removeFolder(folder));
    const options = { folder: join(folder, "redis") };
    const first = await startRedisAs(topology, options);
    onTestFinished(() => first.stop());
    const roles = await rolesOf(first);
    const namesOf = (is: string) => Object.keys(roles).filter((name) => roles[name] === is);
    expect([namesOf("primary").length, namesOf("replica").length]).toEqual(
      topology === "sentinel" ? [1, 2] : [3, 3],
    );
    expect(await asked(first, "note", "kept")).toBe("kept");

    // Of a Cluster the one that has the key.
    const [owner = ""] = topology === "sentinel" ? namesOf("primary") : ["redis-3"];
    first.servers.get(owner)?.kill("SIGKILL");
    await eventually(async () => {
      const now = await rolesOf(first);
      return namesOf("replica").some((name) => now[name] === "primary");
    });
    await eventually(async () => (await asked(first, "note").catch(() => "")) === "kept");
    await first.stop();

    const second = await startRedisAs(topology, options);
    onTestFinished(() => second.stop());
    expect(Object.values(await rolesOf(second))).not.toContain("gone");
    expect(await asked(second, "note")).toBe("kept");
  },
);
