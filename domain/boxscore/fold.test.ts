import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  absencesOf,
  type BoxScores,
  countedLine,
  EMPTY_BOX_SCORE,
  type Entry,
  foldBoxScores,
} from "./index.ts";
import { absentOf, factsOf, liveOf, officialOf, teamLineOf } from "./lines.fixture.ts";

const NOTHING: BoxScores = new Map();

/** Folds onto what was there, in one go. */
function folded(entries: readonly Entry[], before: BoxScores = NOTHING): BoxScores {
  return new Map([...before, ...foldBoxScores(before, entries)]);
}

function counted(playerId: string, boxes: BoxScores) {
  return countedLine(boxes.get("g1")?.players.get(playerId) ?? {});
}

describe("foldBoxScores", () => {
  it("P3: keeps the line of the higher number, whichever comes last", () => {
    const newer = liveOf("curry", 2, { points: 6 });
    const older = liveOf("curry", 1, { points: 9 });

    expect(counted("curry", folded([newer, older]))?.totals.points).toBe(6);
    expect(counted("curry", folded([older, newer]))?.totals.points).toBe(6);
  });

  it("P3: a line of a later epoch is newer whatever its number", () => {
    const former = liveOf("curry", 900, { points: 30 });
    const present = liveOf("curry", 1, { points: 28 }, { epoch: 2 });

    expect(counted("curry", folded([present, former]))?.totals.points).toBe(28);
  });

  it("P3: an official line replaces the counting statistics and keeps the seconds", () => {
    const boxes = folded([
      liveOf("curry", 1, { points: 3, secondsPlayed: 700, assists: 4 }),
      officialOf("curry", 1, { points: 2 }),
    ]);

    expect(counted("curry", boxes)).toEqual({
      teamId: "t1",
      totals: { points: 2, secondsPlayed: 700 },
      official: true,
    });
  });

  it("P3: a live line after an official one changes the seconds alone", () => {
    const boxes = folded([
      officialOf("curry", 1, { points: 2 }),
      liveOf("curry", 1, { points: 9, secondsPlayed: 720 }),
    ]);

    expect(counted("curry", boxes)?.totals).toEqual({ points: 2, secondsPlayed: 720 });
  });

  it("P3: an older official line never beats a newer one, nor its withdrawal", () => {
    const live = liveOf("curry", 1, { points: 9 });
    const withdrawn = folded([live, officialOf("curry", 3, undefined)]);

    expect(counted("curry", folded([officialOf("curry", 2, { points: 1 })], withdrawn))).toEqual({
      teamId: "t1",
      totals: { points: 9 },
      official: false,
    });
  });

  it("adds a player whom only the official line knows, for the team that it names", () => {
    const boxes = folded([officialOf("payton", 1, { points: 4 }, "t2")]);

    expect(counted("payton", boxes)).toMatchObject({ teamId: "t2", totals: { points: 4 } });
  });

  it("merges facts by field, and takes none of an older revision", () => {
    const boxes = folded([
      factsOf(1, { date: "2023-10-24", status: "scheduled" }),
      factsOf(3, { status: "final" }),
      factsOf(2, { status: "live", period: 1 }),
    ]);

    expect(boxes.get("g1")?.facts).toEqual({ date: "2023-10-24", status: "final" });
  });

  it("replaces who does not play as a whole, and leaves it where nothing is said of it", () => {
    const absent = (boxes: BoxScores) =>
      boxes.get("g1")?.didNotPlay?.map(({ playerId, reason }) => `${playerId} ${reason}`);
    const first = folded([absentOf(3, { klay: "INACTIVE_INJURY", green: "" })]);

    expect(absent(first)).toEqual(["klay INACTIVE_INJURY", "green "]);
    expect(absent(folded([factsOf(4, { status: "final" })], first))).toEqual(absent(first));
    expect(absent(folded([absentOf(2, { curry: "" })], first))).toEqual(absent(first));
    expect(absent(folded([absentOf(4, { curry: "" })], first))).toEqual(["curry "]);
    expect(absent(folded([absentOf(4, {})], first))).toEqual([]);
    expect(absent(folded([factsOf(1, {})]))).toBeUndefined();
  });

  it("leaves what it was given as it was", () => {
    const before = folded([liveOf("curry", 1, { points: 3 })]);

    foldBoxScores(before, [liveOf("curry", 2, { points: 6 }), liveOf("green", 3, {})]);

    expect(before.get("g1")?.players.size).toBe(1);
    expect(counted("curry", before)?.totals.points).toBe(3);
  });

  it("gives back only the games that the entries touch", () => {
    const before = folded([liveOf("curry", 1, { points: 3 })]);

    expect([...foldBoxScores(before, [{ ...factsOf(1, {}), gameId: "g2" }]).keys()]).toEqual([
      "g2",
    ]);
  });

  it("P2: ends the same however often entries come, in whatever order and batches", () => {
    // Content is a function of the place in order: what is sent twice is the same line.
    const player = fc.constantFrom("curry", "green", "klay");
    const small = fc.integer({ min: 1, max: 5 });
    const entry = fc.oneof(
      fc
        .tuple(player, small, small)
        .map(([who, epoch, number]) =>
          liveOf(who, number, { points: 10 * epoch + number }, { epoch, teamId: `t${epoch % 2}` }),
        ),
      fc
        .tuple(player, small)
        .map(([who, revision]) =>
          officialOf(who, revision, revision % 3 === 0 ? undefined : { points: revision }),
        ),
      small.map((number) => teamLineOf("t1", number, number)),
    );
    const story = fc.array(entry, { minLength: 1, maxLength: 40 });

    fc.assert(
      fc.property(
        story,
        fc.array(fc.nat(), { maxLength: 60 }),
        fc.nat({ max: 39 }),
        (entries, picks, cut) => {
          const again = picks.map((pick) => entries[pick % entries.length] as Entry);
          const shuffled = [...again, ...entries.toReversed()];
          const inParts = folded(shuffled.slice(cut), folded(shuffled.slice(0, cut)));

          const inOrder = folded(entries);
          for (const who of ["curry", "green", "klay"]) {
            expect(counted(who, inParts)).toEqual(counted(who, inOrder));
          }
          expect(inParts.get("g1")?.teams).toEqual(inOrder.get("g1")?.teams);
        },
      ),
    );
  });
});

describe("absencesOf", () => {
  it("has nobody of whom a line counts, until it is taken back", () => {
    const absent = absentOf(1, { klay: "", green: "", curry: "" });
    const entries = [absent, liveOf("curry", 1, {}), officialOf("green", 1, { points: 1 })];
    const ids = (boxes: BoxScores) =>
      absencesOf(boxes.get("g1") ?? EMPTY_BOX_SCORE).map(({ playerId }) => playerId);

    expect(ids(folded(entries))).toEqual(["klay"]);
    expect(ids(folded([officialOf("green", 2, undefined)], folded(entries)))).toEqual([
      ...["klay", "green"],
    ]);
    expect(absencesOf(EMPTY_BOX_SCORE)).toEqual([]);
  });
});
