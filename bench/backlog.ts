/**
 * How long the folds take to catch up with a million lines that wait in the journal: hot store and
 * archive, which is what a projector has before it that was away for an hour of a full evening.
 *
 * The projector stands still (SIGSTOP) while the games that ship are uploaded again and again as new games
 * of one season, in batches of 50; then it goes on. It must come to the head, and to the box scores that
 * were sent. In seconds from the moment it goes on, scaled to exactly a million lines; lower is better. The
 * ceiling is as many lines inserted as rows of their own, and written to Redis in pipelines, one after the
 * other. `cpu` is µs of processor time a line while it catches up; `peak_mb` is the most memory that a
 * process has had since it was started, while the backlog was made as well.
 */
import { strict as assert } from "node:assert";
import { bareInsert, barePipeline } from "./ceilings.ts";
import { onMesh } from "./mesh.ts";
import { print } from "./result.ts";
import { cpuPerLine } from "./usage.ts";

const LINES = 1_000_000;
const BATCH_LINES = 50;
const WARM_UP_S = 4;
const LOOK_EVERY_MS = 100;
/** As long as the slowest of machines may take to upload them. */
const UPLOAD_S_MAX = 300;

await onMesh(async (mesh) => {
  const insert = await bareInsert(mesh.urlOf("postgres"));
  const pipeline = await barePipeline(mesh.urlOf("redis"));
  const ingest = mesh.addressOf("ingest");
  const projector = mesh.pidOf("projector");
  await mesh.load({ ingest, batchLines: BATCH_LINES, seconds: WARM_UP_S });
  const { head: from } = await mesh.caughtUp();

  process.kill(projector, "SIGSTOP");
  const upload = { ingest, batchLines: BATCH_LINES, seconds: UPLOAD_S_MAX, linesMax: LINES };
  const begun = performance.now();
  const loaded = await mesh.load(upload);
  const linesPerSecond = (loaded.lines * 1_000) / (performance.now() - begun);
  assert.ok(loaded.lines >= LINES, `only ${loaded.lines} lines in ${UPLOAD_S_MAX} s`);
  const before = mesh.usage();
  process.kill(projector, "SIGCONT");
  const { head, ms } = await mesh.caughtUp(LOOK_EVERY_MS);

  assert.ok(head - from >= loaded.lines, "lines are missing in the journal");
  const cpu = cpuPerLine(before, mesh.usage(), head - from);
  await mesh.check(loaded);
  print({
    ...{ bench: "backlog", case: "a million lines", unit: "s" },
    runs: [(ms / 1_000) * (LINES / (head - from))],
    ceiling: LINES / insert + LINES / pipeline,
    more: {
      ...{ insert, pipeline, games: loaded.games.length, uploaded: linesPerSecond, ...cpu },
      ...mesh.peaks("ingest", "projector"),
    },
  });
});
