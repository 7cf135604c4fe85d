import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { EntrySchema, RowSchema } from "#gen/courtside/journal/v1/entry_pb.ts";
import {
  type AppendItem,
  BEGINNING,
  type Cursor,
  CursorLost,
  decodeRow,
  type Journal,
  RowCorrupt,
} from "#stores/journal";
import { freshSlot } from "./stores.fixture.ts";

/** A journal to be tested, and the means to harm it. */
export type Subject = {
  readonly journal: Journal;
  /** Another process's view of the same journal. */
  readonly other: Journal;
  /** Changes one byte of the row that begins at an offset. */
  corrupt(slot: string, firstOffset: number): Promise<void>;
  /** Takes away the row that begins at an offset. */
  lose(slot: string, firstOffset: number): Promise<void>;
};

/** What every journal must do, whatever keeps it. */
export function journalSuite(name: string, make: () => Promise<Subject>): void {
  describe(`a journal ${name}`, () => {
    it("P1: gives back what it acknowledged, in order and without a gap", async () => {
      const { journal, other } = await make();
      const game = await opened(journal);
      for (const number of [1, 4, 6]) {
        await journal.append([linesOf(game, number, number === 6 ? 5 : number === 4 ? 2 : 3)]);
      }

      expect(offsetsIn(await entriesOf(other, game.slot))).toEqual([...Array(10).keys()]);
      expect(numbersIn(await entriesOf(other, game.slot))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it("P2: takes a number once, also in the same call and from another process", async () => {
      const { journal, other } = await make();
      const game = await opened(journal);
      const item = linesOf(game, 1, 3);

      const [first, again] = await journal.append([item, item]);
      const [elsewhere] = await other.append([item]);

      expect(first).toMatchObject({ verdict: "appended", firstOffset: 0 });
      expect(again).toMatchObject({ verdict: "duplicate", expectedNumber: 4 });
      expect(elsewhere).toMatchObject({ verdict: "duplicate", expectedNumber: 4 });
      expect(numbersIn(await entriesOf(journal, game.slot))).toEqual([1, 2, 3]);
    });

    it("P7: refuses a gap with the number that it expects, and takes nothing of it", async () => {
      const { journal } = await make();
      const game = await opened(journal);

      const [verdict] = await journal.append([linesOf(game, 3, 2)]);

      expect(verdict).toMatchObject({ verdict: "gap", expectedNumber: 1 });
      expect(await entriesOf(journal, game.slot)).toEqual([]);
    });

    it("P6: the refusal of one sender touches no other in the same commit", async () => {
      const { journal } = await make();
      const slot = freshSlot();
      const [good, bad] = [await opened(journal, { slot }), await opened(journal, { slot })];

      const verdicts = await Promise.all([
        journal.append([linesOf(good, 1, 2)]),
        journal.append([linesOf(bad, 7, 2)]),
        journal.append([linesOf(good, 3, 2)]),
      ]);

      expect(verdicts.flat().map(({ verdict }) => verdict)).toEqual([
        "appended",
        "gap",
        "appended",
      ]);
      expect(numbersIn(await entriesOf(journal, slot))).toEqual([1, 2, 3, 4]);
    });

    it("P2: takes lines that follow each other in one call, and each of them where not all fit", async () => {
      const { journal, other } = await make();
      const game = await opened(journal);
      const rival = await opened(journal, { slot: game.slot });
      await other.append([linesOf(game, 1, 2)]);

      const verdicts = await journal.append([
        linesOf(game, 1, 2),
        linesOf(rival, 1, 1),
        linesOf(game, 3, 1),
        linesOf(rival, 2, 2),
        linesOf(game, 4, 2),
      ]);

      expect(verdicts.map(({ verdict }) => verdict)).toEqual([
        ...["duplicate", "appended", "appended", "appended", "appended"],
      ]);
      const entries = await entriesOf(other, game.slot);
      expect(offsetsIn(entries)).toEqual([...Array(8).keys()]);
      for (const [at, item] of [
        [1, { gameId: rival.gameId, numbers: [1] }],
        [2, { gameId: game.gameId, numbers: [3] }],
        [3, { gameId: rival.gameId, numbers: [2, 3] }],
        [4, { gameId: game.gameId, numbers: [4, 5] }],
      ] as const) {
        const { firstOffset = -1 } = verdicts[at]!;
        const own = entries.slice(firstOffset, firstOffset + item.numbers.length);
        expect(own.map(({ entry }) => entry.gameId)).toEqual(item.numbers.map(() => item.gameId));
        expect(numbersIn(own)).toEqual(item.numbers);
      }
    });

    it("P3: fences an owner whose game was taken over, and numbers from 1 again", async () => {
      const { journal, other } = await make();
      const former = await opened(journal);
      await journal.append([linesOf(former, 1, 2)]);

      const present = await opened(other, { ...former, instance: "b", takeOver: true });
      const [late] = await journal.append([linesOf(former, 3, 1)]);
      const [fresh] = await other.append([linesOf(present, 1, 1)]);

      expect(present.epoch).toBe(former.epoch + 1);
      expect(late).toMatchObject({ verdict: "fenced", epoch: present.epoch });
      expect(fresh?.verdict).toBe("appended");
    });

    it("answers at open which number it expects, to the owner alone", async () => {
      const { journal } = await make();
      const game = await opened(journal);
      await journal.append([linesOf(game, 1, 4)]);
      const request = { ...game, takeOver: false };

      expect(await journal.open(request)).toMatchObject({
        verdict: "open",
        epoch: 1,
        nextNumber: 5,
      });
      expect(await journal.open({ ...request, source: "s2" })).toEqual({
        verdict: "not_owner",
        owner: "s1",
      });
      expect(await journal.open({ ...request, instance: "b" })).toMatchObject({
        verdict: "not_owner",
      });
      expect(await journal.open({ ...request, slot: freshSlot() })).toEqual({
        verdict: "wrong_slot",
        slot: game.slot,
      });
    });

    it("P2: takes a record whose number is not below the next, once", async () => {
      const { journal } = await make();
      const game = await opened(journal);
      const record = (number: number) => ({ ...linesOf(game, number, 2), kind: "record" as const });

      const verdicts = [];
      for (const number of [70, 70, 69, 71]) {
        verdicts.push((await journal.append([record(number)]))[0]?.verdict);
      }

      expect(verdicts).toEqual(["appended", "duplicate", "duplicate", "appended"]);
    });

    it("P3: takes facts of a game by revision", async () => {
      const { journal } = await make();
      const game = await opened(journal);

      const verdicts = [];
      for (const revision of [5, 5, 4, 6]) {
        verdicts.push((await journal.append([factsOf(game, revision, undefined)]))[0]?.verdict);
      }

      expect(verdicts).toEqual(["appended", "duplicate", "duplicate", "appended"]);
    });

    it("P2, P3: takes an official line of a final game once, and none older or equal", async () => {
      const { journal } = await make();
      const game = await opened(journal);
      const append = async (revision: number, digest: string) =>
        (await journal.append([officialOf(game, revision, digest)]))[0]?.verdict;

      expect(await append(1, "aa")).toBe("not_final");
      await journal.append([factsOf(game, 1, true)]);
      expect(await append(2, "aa")).toBe("appended");
      expect(await append(2, "bb")).toBe("duplicate");
      expect(await append(3, "aa")).toBe("unchanged");
      expect(await append(5, "bb")).toBe("appended");
      // The correction of revision 4 was on its way for long; that of 3 is repeated from an old file.
      expect(await append(4, "cc")).toBe("duplicate");
      expect(await append(3, "aa")).toBe("duplicate");
      expect(await journal.officialPlayers(game.league, game.gameId)).toEqual(new Set(["p1"]));
    });

    it("keeps logs apart, and names their ends", async () => {
      const { journal } = await make();
      const [one, two] = [await opened(journal), await opened(journal)];
      await journal.append([linesOf(one, 1, 3), linesOf(two, 1, 2)]);

      const heads = await journal.heads();
      expect(heads.get(one.slot)).toMatchObject({ endOffset: 3, term: 1 });
      expect(heads.get(two.slot)).toMatchObject({ endOffset: 2, term: 1 });
      expect(await journal.terms(one.slot)).toEqual([{ term: 1, firstOffset: 0 }]);
    });

    it("packs what is committed together, and never more than 500 entries in a row", async () => {
      const { journal } = await make();
      const slot = freshSlot();
      const games = await Promise.all([...Array(5).keys()].map(() => opened(journal, { slot })));

      await journal.append(games.map((game) => linesOf(game, 1, 200)));

      const rows = await journal.read(slot, BEGINNING, 5_000);
      expect(rows.map(({ entries }) => entries)).toEqual([400, 400, 200]);
      expect(offsetsIn(rows.flatMap(decodeRow))).toEqual([...Array(1_000).keys()]);
    });

    it("goes on from any row's end, and reads about as much as it was asked for", async () => {
      const { journal } = await make();
      const game = await opened(journal);
      for (let at = 0; at < 6; at += 1) await journal.append([linesOf(game, 1 + at * 10, 10)]);
      const all = await journal.read(game.slot, BEGINNING, 1_000);

      for (const [at, row] of all.entries()) {
        const rest = await journal.read(game.slot, endOf(row), 1_000);
        expect(rest.map(({ firstOffset }) => firstOffset)).toEqual(
          all.slice(at + 1).map(({ firstOffset }) => firstOffset),
        );
      }
      expect(await journal.read(game.slot, BEGINNING, 15)).toHaveLength(2);
      expect(await journal.read(game.slot, BEGINNING, 1)).toHaveLength(1);
    });

    it("P5: says so when a cursor is not a place in the log", async () => {
      const { journal } = await make();
      const game = await opened(journal);
      await journal.append([linesOf(game, 1, 10)]);
      await journal.append([linesOf(game, 11, 10)]);
      const [first, second] = await journal.read(game.slot, BEGINNING, 100);
      const read = (cursor: Cursor) => journal.read(game.slot, cursor, 100);

      const wrongDigest = { endOffset: 10, digest: second?.digest ?? "" };
      await expect(read(wrongDigest)).rejects.toThrow(CursorLost);
      await expect(read({ endOffset: 7, digest: first?.digest ?? "" })).rejects.toThrow(CursorLost);
      await expect(read({ endOffset: 20, digest: first?.digest ?? "" })).rejects.toThrow(
        CursorLost,
      );
      await expect(read({ endOffset: 90, digest: "" })).rejects.toThrow(CursorLost);
      // Behind it no row begins, and the log has not ended.
      await expect(read({ endOffset: 17, digest: "ab" })).rejects.toThrow(CursorLost);
    });

    it.each([1, 100])("never goes on behind rows that are missing, asked for %i", async (count) => {
      const { journal, lose } = await make();
      const game = await opened(journal);
      for (let at = 0; at < 3; at += 1) await journal.append([linesOf(game, 1 + at * 10, 10)]);
      const [first] = await journal.read(game.slot, BEGINNING, 10);
      await lose(game.slot, 10);

      await expect(journal.read(game.slot, endOf(first!), count)).rejects.toThrow(CursorLost);
    });

    it("never gives back a row that is not what was written", async () => {
      const { journal, corrupt } = await make();
      const game = await opened(journal);
      await journal.append([linesOf(game, 1, 10)]);
      await journal.append([linesOf(game, 11, 10)]);
      await corrupt(game.slot, 10);

      await expect(journal.read(game.slot, BEGINNING, 100)).rejects.toThrow(RowCorrupt);
      // Nor does it say that the row before is no place in the log.
      const [first] = await journal.read(game.slot, BEGINNING, 10);
      await expect(journal.read(game.slot, endOf(first!), 100)).rejects.toThrow(RowCorrupt);
    });

    it("wakes readers when a log has grown", async () => {
      const { journal, other } = await make();
      const game = await opened(journal);
      const woken = Promise.withResolvers<readonly string[]>();
      const watch = await other.watch(
        (slots) => slots?.includes(game.slot) && woken.resolve(slots),
      );

      await journal.append([linesOf(game, 1, 1)]);

      expect(await woken.promise).toContain(game.slot);
      await watch.stop();
    });

    it("P1: two processes that write different games of one slot share its offsets", async () => {
      const { journal, other } = await make();
      const slot = freshSlot();
      const games = await Promise.all([...Array(8).keys()].map(() => opened(journal, { slot })));

      await Promise.all(
        games.map(async (game, at) => {
          const own = at % 2 === 0 ? journal : other;
          for (let number = 1; number <= 40; number += 1)
            await own.append([linesOf(game, number, 1)]);
        }),
      );

      const entries = await entriesOf(journal, slot);
      expect(offsetsIn(entries)).toEqual([...Array(8 * 40).keys()]);
    });

    it("P1, P2: writers of many games at once, in two processes, leave one gapless log", async () => {
      const { journal, other } = await make();
      const slot = freshSlot();
      const games = await Promise.all([...Array(16).keys()].map(() => opened(journal, { slot })));

      await Promise.all(
        games.map(async (game, at) => {
          for (let number = 1; number <= 60; number += 3) {
            const item = linesOf(game, number, 3);
            // Both processes send the same: exactly one of them may count.
            const both = await Promise.all([journal.append([item]), other.append([item])]);
            const taken = both.flat().filter(({ verdict }) => verdict === "appended");
            expect([at, number, taken.length]).toEqual([at, number, 1]);
          }
        }),
      );

      const entries = await entriesOf(journal, slot);
      expect(offsetsIn(entries)).toEqual([...Array(16 * 60).keys()]);
      for (const { gameId } of games) {
        const own = entries.filter(({ entry }) => entry.gameId === gameId);
        expect(numbersIn(own)).toEqual([...Array(60).keys()].map((at) => at + 1));
      }
    });
  });
}

let games = 0;

type Game = Awaited<ReturnType<typeof opened>>;

async function opened(journal: Journal, more: Partial<Parameters<Journal["open"]>[0]> = {}) {
  games += 1;
  const slot = more.slot ?? freshSlot();
  const request = {
    slot,
    league: slot.split(":")[0] ?? "",
    gameId: `g${games}`,
    source: "s1",
    instance: "a",
    takeOver: false,
    ...more,
  };
  const verdict = await journal.open(request);
  if (verdict.verdict !== "open") throw new Error(verdict.verdict);
  return { ...request, epoch: verdict.epoch };
}

function bodyOf({ gameId, source, epoch }: Game, number: number, entries: number): Uint8Array {
  return toBinary(
    RowSchema,
    create(RowSchema, {
      entries: [...Array(entries).keys()].map((at) =>
        create(EntrySchema, {
          gameId,
          source,
          kind: {
            case: "live",
            value: {
              epoch,
              number: BigInt(number + at),
              line: { playerId: "p1", teamId: "t1", totals: { points: number + at } },
            },
          },
        }),
      ),
    }),
  );
}

function linesOf(game: Game, number: number, entries: number): AppendItem & { kind: "lines" } {
  const { slot, league, gameId, epoch } = game;
  const body = bodyOf(game, number, entries);
  return { kind: "lines", slot, league, gameId, epoch, number, entries, body };
}

function factsOf(game: Game, revision: number, final: boolean | undefined): AppendItem {
  const { slot, league, gameId } = game;
  const body = bodyOf(game, revision, 1);
  return { kind: "facts", slot, league, gameId, revision, final, entries: 1, body };
}

function officialOf(game: Game, revision: number, digest: string): AppendItem {
  const { slot, league, gameId } = game;
  const body = bodyOf(game, revision, 1);
  return {
    kind: "official",
    slot,
    league,
    gameId,
    playerId: "p1",
    revision,
    withdrawn: false,
    digest,
    entries: 1,
    body,
  };
}

async function entriesOf(journal: Journal, slot: string) {
  const found = [];
  let cursor = BEGINNING;
  for (;;) {
    const rows = await journal.read(slot, cursor, 1_000);
    const last = rows.at(-1);
    if (last === undefined) return found;
    found.push(...rows.flatMap(decodeRow));
    cursor = endOf(last);
  }
}

function endOf(row: { firstOffset: number; entries: number; digest: string }): Cursor {
  return { endOffset: row.firstOffset + row.entries, digest: row.digest };
}

function offsetsIn(entries: readonly { readonly offset: number }[]): number[] {
  return entries.map(({ offset }) => offset);
}

function numbersIn(entries: Awaited<ReturnType<typeof entriesOf>>): number[] {
  return entries.map(({ entry }) => (entry.kind === "live" ? entry.line.number : Number.NaN));
}
