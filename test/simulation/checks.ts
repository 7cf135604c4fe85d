import { Code } from "@connectrpc/connect";
import { type BoxScore, type BoxScores, type Entry, foldBoxScores } from "#domain/boxscore";
import { foldSeason } from "#domain/season";
import { isReason, reasonOf } from "#runtime/rpc";
import { type Contents, contentsOf } from "#stores/hotstore";
import { decodeRow } from "#stores/journal";
import { archivedIn } from "./archive.ts";
import type { LogRow, SimulatedPostgres } from "./postgres.ts";

/** What must hold, by the names that docs/reliability.md explains. */
export type Check =
  | "I1 acknowledged is in the journal"
  | "I2 stores equal the fold of the journal"
  | "I3 nothing is there that nobody sent"
  | "I4 numbers without gap, epochs in order"
  | "I5 answers are whole and never go back"
  | "I6 a read sees what it names"
  | "I7 an offset has one content in a term"
  | "I8 failures have a reason"
  | "I9 queues are bounded"
  | "I10 all is well again after the faults"
  | "I11 what was sent is accounted for";

/** A check that did not hold. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly check: Check;
  constructor(check: Check, what: string) {
    super(`${check}: ${what}`);
    this.check = check;
  }
}

/** A line as it was sent: what identifies it, and all of what it says. */
export type SentLine = {
  readonly token: number;
  readonly gameId: string;
  readonly playerId: string;
  readonly teamId: string;
  readonly points: number;
};

/** Where a store is in a log. */
type Place = {
  readonly endOffset: number;
  readonly digest: string;
  readonly terms: readonly { readonly term: number }[];
};

/** What was found in a store, where. */
export type Answer = {
  readonly reader: string;
  readonly gameId: string;
  readonly cursor: Place | undefined;
  readonly value: BoxScore | undefined;
};

/** A log up to the end of a row. */
type Known = {
  readonly endOffset: number;
  readonly before: string;
  readonly row: LogRow;
  /** The games that the row's entries leave; made when it is asked for. */
  games?: BoxScores;
};

/** Answers held that their reader does not take. */
const HELD_MAX = 2;

/** Watches a run: whatever is told must fit all that was told before. */
export class Checks {
  readonly #postgres: SimulatedPostgres;
  readonly #slot: string;
  readonly #sent = new Map<number, SentLine>();
  readonly #acked = new Map<number, string>();
  readonly #ackedFacts = new Set<string>();
  readonly #rows = new Map<string, Known>();
  readonly #digests = new Map<string, string>();
  /** What was expected of a game at a place, so that it is made once. */
  readonly #texts = new Map<string, string>();
  readonly #answered = new Map<string, Place>();
  readonly #failed: (violation: Violation) => void;

  constructor(postgres: SimulatedPostgres, slot: string, failed: (violation: Violation) => void) {
    this.#postgres = postgres;
    this.#slot = slot;
    this.#failed = failed;
    postgres.onRow = (row, before) => this.#written(row, before.toString("hex"));
  }

  fail(check: Check, what: string): void {
    this.#failed(new Violation(check, what));
  }

  sent(line: SentLine): void {
    this.#sent.set(line.token, line);
  }

  /** A line is acknowledged as being on a standby, too. */
  acked(token: number, by: string): void {
    this.#acked.set(token, by);
  }

  ackedFacts(gameId: string, revision: number): void {
    this.#ackedFacts.add(`${gameId} ${revision}`);
  }

  held(answers: number, by: string): void {
    if (answers > HELD_MAX) this.fail("I9 queues are bounded", `${answers} answers wait for ${by}`);
  }

  failure(error: unknown, of: string): void {
    const { reason, code, message } = reasonOf(error);
    if (isReason(reason) || WORDLESS.has(code)) return;
    this.fail("I8 failures have a reason", `${of}: ${message} (code ${code})`);
  }

  /** A row can be seen from now on. */
  #written(row: LogRow, before: string): void {
    const digest = row.digest.toString("hex");
    const place = `offset ${row.first_offset} of term ${row.term}`;
    const other = this.#digests.get(place) ?? digest;
    if (other !== digest) {
      const what = `${place} was ${other.slice(0, 8)} and is ${digest.slice(0, 8)}`;
      this.fail("I7 an offset has one content in a term", what);
    }
    this.#digests.set(place, digest);
    this.#rows.set(digest, { endOffset: row.first_offset + row.entries, before, row });
  }

  /** Whether the journal has all that a store had; what was lost and sent again is not the same. */
  #isInLog({ digest, terms }: Place): boolean {
    const { rows } = this.#postgres.logOf(this.#slot);
    const last = terms.at(-1)?.term;
    return rows.some((row) => row.digest.toString("hex") === digest && row.term === last);
  }

  /** The games as of a place on any chain that ever was; undefined where none was there. */
  #gamesAt(digest: string): BoxScores | undefined {
    if (digest === "") return new Map();
    const known = this.#rows.get(digest);
    if (known === undefined) return undefined;
    if (known.games === undefined) {
      const before = this.#gamesAt(known.before) ?? new Map();
      const entries = decodeRow(journalRowOf(known.row)).map(({ entry }) => entry);
      known.games = new Map([...before, ...foldBoxScores(before, entries)]);
    }
    return known.games;
  }

  #expected(digest: string, gameId: string, box: BoxScore | undefined): string {
    const key = `${digest} ${gameId}`;
    const text = this.#texts.get(key) ?? textOf(gameId, box);
    this.#texts.set(key, text);
    return text;
  }

  /** An answer is of one moment, whole, and not before one that the same reader has seen. */
  answered({ reader, gameId, cursor, value }: Answer): void {
    if (cursor === undefined) return;
    const games = this.#gamesAt(cursor.digest);
    const place = `${cursor.endOffset} ${cursor.digest.slice(0, 8)}`;
    if (
      games === undefined ||
      (this.#rows.get(cursor.digest)?.endOffset ?? 0) !== cursor.endOffset
    ) {
      this.fail("I3 nothing is there that nobody sent", `${reader} reads at ${place}`);
      return;
    }
    const found = textOf(gameId, value);
    const expected = this.#expected(cursor.digest, gameId, games.get(gameId));
    if (found !== expected) {
      const what = `${reader} reads ${gameId} at ${place} as\n  ${found}\nand not as\n  ${expected}`;
      this.fail("I5 answers are whole and never go back", what);
    }
    const former = this.#answered.get(reader);
    if (former && cursor.endOffset < former.endOffset && this.#isInLog(former)) {
      const what = `${reader} reads at ${place} after ${former.endOffset}`;
      this.fail("I5 answers are whole and never go back", what);
    }
    this.#answered.set(reader, cursor);
  }

  /** A read that waited for the position of a line sees that line, or a newer one of its player. */
  sees(reader: string, token: number, value: BoxScore | undefined): void {
    const line = this.#sent.get(token)!;
    const { rows } = this.#postgres.logOf(this.#slot);
    const entries = rows.flatMap((row) => decodeRow(journalRowOf(row)));
    const live = entries.flatMap(({ entry }) => (entry.kind === "live" ? [entry] : []));
    const known = live.find(({ line }) => line.totals.secondsPlayed === token)?.line;
    // What a failover without a standby lost is answered by its reason, or was answered before it.
    if (known === undefined) return;
    const seen = value?.players.get(line.playerId)?.live;
    const isThere =
      seen !== undefined &&
      (seen.epoch > known.epoch || (seen.epoch === known.epoch && seen.number >= known.number));
    if (isThere) return;
    const what = `${reader} waited for number ${known.number} of ${line.gameId} and sees ${seen?.number}`;
    this.fail("I6 a read sees what it names", what);
  }

  /** All that can be said of journal and stores once everything stands still. */
  atTheEnd(hot: Contents | undefined, current: readonly SentLine[]): void {
    const { rows } = this.#postgres.logOf(this.#slot);
    const entries = rows.flatMap((row) => decodeRow(journalRowOf(row)));
    const tokens = this.#inOrder(entries);
    for (const [token, by] of this.#acked) {
      if (tokens.has(token)) continue;
      this.fail("I1 acknowledged is in the journal", `line ${token} of ${by} is not`);
    }
    for (const fact of this.#ackedFacts) {
      if (tokens.has(fact)) continue;
      this.fail("I1 acknowledged is in the journal", `facts ${fact} are not`);
    }

    const games = this.#gamesAt(rows.at(-1)?.digest.toString("hex") ?? "") ?? new Map();
    const archived = archivedIn(this.#postgres.database, this.#slot);
    this.#equal("hot store", hot ?? new Map(), contentsOf(this.#slot, stateOf(games)));
    this.#equal(
      "archive",
      contentsOf(this.#slot, stateOf(archived.games)),
      contentsOf(this.#slot, stateOf(games)),
    );
    const isKept = ({ offset, bytes }: (typeof entries)[number], at: number) =>
      archived.entries[at]?.offset === offset && archived.entries[at].bytes.equals(bytes);
    if (archived.entries.length !== entries.length || !entries.every(isKept)) {
      this.fail("I2 stores equal the fold of the journal", "the archive has other entries");
    }
    for (const { gameId, playerId, token } of current) {
      const counts = games.get(gameId)?.players.get(playerId)?.live?.totals.secondsPlayed;
      if (counts === token) continue;
      const what = `line ${token} of ${playerId} was sent last, and ${counts} counts`;
      this.fail("I11 what was sent is accounted for", what);
    }
  }

  /** The lines and facts that the journal has, each once and in order, and as they were sent. */
  #inOrder(entries: readonly { readonly entry: Entry }[]): Set<number | string> {
    const found = new Set<number | string>();
    const last = new Map<string, { epoch: number; number: number; revision: number }>();
    for (const { entry } of entries) {
      const { gameId } = entry;
      const place = last.get(gameId) ?? { epoch: 0, number: 0, revision: 0 };
      last.set(gameId, place);
      if (entry.kind === "game") {
        found.add(`${gameId} ${entry.revision}`);
        if (entry.revision <= place.revision) {
          const what = `facts ${entry.revision} of ${gameId} follow ${place.revision}`;
          this.fail("I4 numbers without gap, epochs in order", what);
        }
        place.revision = entry.revision;
      }
      if (entry.kind !== "live") continue;
      const { epoch, number, totals, teamId } = entry.line;
      const { secondsPlayed: token = 0, points } = totals;
      const isNext = epoch === place.epoch ? number === place.number + 1 : number === 1;
      if (epoch < place.epoch || !isNext) {
        const what = `${epoch}/${number} of ${gameId} follows ${place.epoch}/${place.number}`;
        this.fail("I4 numbers without gap, epochs in order", what);
      }
      Object.assign(place, { epoch, number });
      found.add(token);
      const said = JSON.stringify({ token, gameId, playerId: entry.playerId, teamId, points });
      if (said === JSON.stringify(this.#sent.get(token))) continue;
      this.fail("I3 nothing is there that nobody sent", said);
    }
    return found;
  }

  #equal(store: string, found: Contents, expected: Contents): void {
    for (const key of new Set([...found.keys(), ...expected.keys()])) {
      const [has, must] = [found.get(key), expected.get(key)];
      for (const field of new Set([...(has?.keys() ?? []), ...(must?.keys() ?? [])])) {
        const [is, shall] = [has?.get(field), must?.get(field)];
        if (is === shall) continue;
        const what = `${store} ${key} ${field}\n  is ${is}\n  and not ${shall}`;
        this.fail("I2 stores equal the fold of the journal", what);
      }
    }
  }
}

/** Codes that say by themselves what there is to say. */
const WORDLESS = new Set([Code.Unavailable, Code.Canceled, Code.Aborted, Code.DeadlineExceeded]);

function journalRowOf({ first_offset, recorded_at, digest, ...row }: LogRow) {
  const recordedAt = recorded_at.getTime();
  return { ...row, firstOffset: first_offset, recordedAt, digest: digest.toString("hex") };
}

const NO_SEASONS = { players: new Map(), teams: new Map() };

function stateOf(games: BoxScores) {
  return { games, seasons: foldSeason(NO_SEASONS, new Map(), games) };
}

/** A game as the hot store would keep it: equal texts are equal games. */
function textOf(gameId: string, box: BoxScore | undefined): string {
  if (box === undefined) return "nothing";
  const contents = contentsOf("", { games: new Map([[gameId, box]]), seasons: NO_SEASONS });
  return [...(contents.get(`game:${gameId}`) ?? [])]
    .map((field) => field.join(" "))
    .sort()
    .join("; ");
}
