import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decidingOf, type Entry, type EntryPlace, foldBoxScores } from "./index.ts";
import { factsOf, liveOf, officialOf, teamLineOf } from "./lines.fixture.ts";

type Placed = EntryPlace & { readonly entry: Entry };

function placed(entry: Entry): Placed {
  const { kind, gameId } = entry;
  const base = { kind, gameId, entry };
  switch (entry.kind) {
    case "live":
      return { ...base, subjectId: entry.playerId, ...entry.line };
    case "team":
      return { ...base, subjectId: entry.teamId, ...entry.line };
    case "official":
      return { ...base, subjectId: entry.playerId, epoch: 0, number: entry.line.revision };
    case "quarantined":
      return { ...base, subjectId: "", epoch: entry.epoch, number: entry.number };
    case "game":
      return { ...base, subjectId: "", epoch: 0, number: entry.revision };
  }
}

function deciding(entries: readonly Entry[]): Entry[] {
  return decidingOf(entries.map(placed)).map(({ entry }) => entry);
}

describe("decidingOf", () => {
  it("leaves out the lines that a newer one replaces, whichever comes last", () => {
    const old = liveOf("curry", 1, { points: 3 });
    const next = liveOf("curry", 2, { points: 6 });
    const newest = liveOf("curry", 1, { points: 2 }, { epoch: 2 });

    expect(deciding([old, next, newest])).toEqual([newest]);
    expect(deciding([newest, next, old])).toEqual([newest]);
  });

  it("tells lines of other kinds, games and subjects apart", () => {
    const entries = [
      liveOf("t1", 1, { points: 3 }),
      { ...liveOf("t1", 2, { points: 3 }), gameId: "g2" },
      liveOf("green", 3, { points: 3 }),
      officialOf("t1", 4, { points: 2 }),
      teamLineOf("t1", 5, 1),
    ];

    expect(new Set(deciding(entries))).toEqual(new Set(entries));
  });

  it("P3: leaves a fold as it is with all entries, whatever they are and were", () => {
    const small = fc.integer({ min: 1, max: 4 });
    const entry: fc.Arbitrary<Entry> = fc.oneof(
      fc
        .tuple(fc.constantFrom("curry", "green"), small, small)
        .map(([who, epoch, number]) =>
          liveOf(who, number, { points: 10 * epoch + number }, { epoch, teamId: `t${epoch % 2}` }),
        ),
      fc
        .tuple(fc.constantFrom("curry", "green"), small)
        .map(([who, revision]) =>
          officialOf(who, revision, revision % 3 === 0 ? undefined : { points: revision }),
        ),
      small.map((number) => teamLineOf("t1", number, number)),
      fc
        .tuple(small, fc.constantFrom("live", "final"), fc.option(small, { nil: undefined }))
        .map(([revision, status, period]) => factsOf(revision, { status, period } as never)),
      fc
        .tuple(small, small)
        .map(([epoch, number]): Entry => ({ kind: "quarantined", gameId: "g1", epoch, number })),
    );
    const story = fc.array(entry, { maxLength: 40 });

    fc.assert(
      fc.property(story, story, (before, entries) => {
        const known = foldBoxScores(new Map(), before);

        expect(foldBoxScores(known, deciding(entries))).toEqual(foldBoxScores(known, entries));
      }),
    );
  });
});
