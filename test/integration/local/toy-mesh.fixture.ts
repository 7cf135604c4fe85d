import { chmodSync, mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { MeshPlan } from "../../../local/mesh/index.ts";

const toyService = fileURLToPath(new URL("./toy-service.ts", import.meta.url));
export const toySupervisor = fileURLToPath(new URL("./toy-supervisor.ts", import.meta.url));

/** Two services that do nothing but tell who they are, over real stores. */
export const TOY_PLAN: MeshPlan = {
  services: ["alpha", "beta"].map((name) => ({ name, main: toyService })),
  migrate: (url) => sql(url, "create table if not exists note (text text)"),
  ready: async (address) => (await answerAt(address)) !== undefined,
};

/** A new folder, which other users may pass through: servers of root run as one of them. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "courtside local "));
  chmodSync(folder, 0o711);
  return folder;
}

export async function sql(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** What a toy service says of itself, or undefined when nobody answers there. */
export function answerAt(address: string): Promise<{ pid: number; redis: string } | undefined> {
  return new Promise((resolve) => {
    const [host, port] = address.split(":");
    const socket = connect(Number(port), host);
    let said = "";
    socket.on("data", (bytes) => {
      said += bytes;
    });
    socket.on("error", () => resolve(undefined));
    socket.on("end", () => resolve(JSON.parse(said)));
  });
}

/** Waits until `look` finds something, at most 20 s. */
export async function eventually<Found>(
  look: () => Found | Promise<Found>,
): Promise<Exclude<Found, false | undefined>> {
  for (const until = Date.now() + 20_000; ; await delay(20)) {
    const found = await look();
    if (found) return found as Exclude<Found, false | undefined>;
    if (Date.now() > until) throw new Error(`nothing found: ${look}`);
  }
}
