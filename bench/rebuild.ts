/**
 * How long the hot store of a whole season takes to be made again from the archive.
 *
 * The season's 820 games are replayed once, where its data is at hand (beside the clone, or in the folder
 * that COURTSIDE_SEASON_DATA names), else the 54 that ship; the case says how many. Then
 * `rebuild` runs again and again, beside what is read, and `verify` must find no difference in the end. In
 * seconds, as the caller waits; lower is better. The ceiling is what it cannot do without: the newest
 * lines read from Postgres, and as many fields as the hot store then has written to Redis in pipelines.
 * `cpu` is s of processor time of one rebuild, over all processes and by process; the peaks are
 * the projector's, without and with the verification.
 */
import { strict as assert } from "node:assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { slotOf } from "#domain/slots";
import type { Verified } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { barePipeline } from "./ceilings.ts";
import { type BenchMesh, onMesh } from "./mesh.ts";
import { at, print } from "./result.ts";
import { cpuPerLine } from "./usage.ts";

const RUNS = 5;
const REBUILD_MS_MAX = 30_000;
const SEASON = { season: "2023-24" };
const SLOT = slotOf({ league: "nba", season: "2023-24", type: "regular" });

const DATA =
  process.env.COURTSIDE_SEASON_DATA ?? fileURLToPath(new URL("../../shared/data", import.meta.url));
const WHOLE = join(DATA, "nba-2023-24", "events");
const SHIPPED = fileURLToPath(new URL("../data/nba-2023-24/events", import.meta.url));

await onMesh(async (mesh) => {
  const events = existsSync(WHOLE) ? WHOLE : SHIPPED;
  const replayed = JSON.parse(await mesh.commands.answer("replay", events, "--json"));
  const rebuild = () =>
    mesh.projector.rebuildSeason({ season: SEASON }, { timeoutMs: REBUILD_MS_MAX });
  const select = await bareSelect(mesh.urlOf("postgres"));
  const pipeline = await barePipeline(mesh.urlOf("redis"));
  await rebuild();

  const runs: number[] = [];
  const before = mesh.usage();
  for (let run = 0; run < RUNS; run++) {
    const begun = performance.now();
    const { archivedEntries, tailEntries } = await rebuild();
    runs.push((performance.now() - begun) / 1_000);
    assert.ok(archivedEntries >= replayed.lines, "lines are missing in the archive");
    assert.equal(tailEntries, 0n);
  }
  // In millions of a rebuild, so that its µs are s.
  const cpu = cpuPerLine(before, mesh.usage(), RUNS * 1_000_000);
  const peaks = mesh.peaks("projector");
  const { entries, fields, differences } = await verified(mesh);
  assert.equal(differences, 0n);
  print({
    ...{ bench: "rebuild", case: `${replayed.games} games`, unit: "s", runs },
    ceiling: select + Number(fields) / pipeline,
    more: {
      ...{ select, pipeline, entries: Number(entries), fields: Number(fields), ...cpu },
      ...{ ...peaks, peak_mb_with_verify: mesh.peaks("projector").peak_mb_projector ?? Number.NaN },
    },
  });
});

async function verified(mesh: BenchMesh): Promise<Verified> {
  for await (const { message } of mesh.projector.verifySeason({ season: SEASON })) {
    if (message.case === "difference") console.error(message.value);
    if (message.case === "verified") return message.value;
  }
  throw new Error("verify was cut off");
}

/** How long the newest lines of a slot take to be read, in s. */
async function bareSelect(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const text = "select game_id, player_id, live_line::text from player_game where slot = $1";
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const begun = performance.now();
    await client.query({ name: "bare", text, values: [SLOT] });
    times.push((performance.now() - begun) / 1_000);
  }
  await client.end();
  return at(
    times.toSorted((a, b) => a - b),
    0.5,
  );
}
