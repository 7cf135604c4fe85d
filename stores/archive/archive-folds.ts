import type pg from "pg";
import {
  type BoxScore,
  type BoxScores,
  type CountedLine,
  countedLine,
  EMPTY_BOX_SCORE,
  type LiveTeamLine,
  type PlayerLines,
} from "#domain/boxscore";
import type { Slot } from "#domain/slots";
import { STATISTICS, TEAM_STATISTICS } from "#domain/statistics";
import { type Cursor, CursorLost, type EntryHead, type JournalRow } from "#stores/journal";
import { absenceText, liveText, officialText, teamText } from "#stores/lines";
import {
  bigints,
  booleans,
  CopyRows,
  copyIn,
  inTransaction,
  integers,
  jsonbs,
  query,
  texts,
  timestamps,
} from "#stores/postgres";
import { boxScoresIn } from "./box-scores.ts";
import { columnOf } from "./columns.ts";

/**
 * The archive as the projector sees it: every entry, the newest lines, and a cursor a slot, moved
 * together or not at all.
 */
export type ArchiveFolds = {
  /** How far every slot has come. */
  cursors(): Promise<Map<Slot, Cursor>>;
  /** The games that are known, by id. */
  games(slot: Slot, gameIds: readonly string[]): Promise<BoxScores>;
  /**
   * Keeps the entries and moves the games from one state to the next, in one transaction. False when
   * the slot is not at `from` any more, and then nothing was written. Throws CursorLost when the journal
   * does not have the last row any more: it was read before a failover that lost it.
   */
  move(
    slot: Slot,
    from: Cursor,
    last: JournalRow,
    entries: readonly EntryHead[],
    games: { readonly was: BoxScores; readonly now: BoxScores },
  ): Promise<boolean>;
};

const CURSORS = "select slot, end_offset, digest from archive_cursor";

// The first fold of a slot makes its row; whoever comes second waits for it and finds another cursor.
const BEGIN = `
  insert into archive_cursor (slot, end_offset, digest) values ($1, 0, '')
  on conflict do nothing`;

// The digest of its last row chains what is taken to all before it.
const MOVE = `
  update archive_cursor
  set end_offset = $4, digest = $5, recorded_at = $6
  where slot = $1 and end_offset = $2 and digest = $3
  returning exists (
    select from journal_row row where row.slot = $1 and row.first_offset = $7 and row.digest = $5
  ) as journalled`;

const KEEP = `
  copy stat_line
    (slot, entry_offset, recorded_at, happened_at, kind, game_id, subject_id, body)
  from stdin (format binary)`;

const KEEP_QUARANTINED = `
  insert into quarantined_line (slot, game_id, epoch, number, entry_offset, recorded_at)
  select $1, * from unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[],
    $6::timestamptz[])
  on conflict do nothing`;

const RELEASE = `
  update quarantined_line line set released_offset = freed.entry_offset
  from unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[])
    as freed (game_id, epoch, number, entry_offset)
  where line.slot = $1 and line.game_id = freed.game_id and line.epoch = freed.epoch
    and line.number = freed.number`;

const PREPARE = "select archive_prepare($1, 3)";

const PUT_GAMES = `
  insert into game (slot, game_id, facts_revision, date, tip_off, home_team_id, away_team_id,
    status, period, clock_left_ms, home_score, away_score, did_not_play)
  select $1, * from unnest($2::text[], $3::bigint[], $4::date[], $5::timestamptz[], $6::text[],
    $7::text[], $8::text[], $9::integer[], $10::integer[], $11::integer[], $12::integer[],
    $13::jsonb[])
  on conflict (slot, game_id) do update
    set facts_revision = excluded.facts_revision, date = excluded.date,
      tip_off = excluded.tip_off, home_team_id = excluded.home_team_id,
      away_team_id = excluded.away_team_id, status = excluded.status, period = excluded.period,
      clock_left_ms = excluded.clock_left_ms, home_score = excluded.home_score,
      away_score = excluded.away_score, did_not_play = excluded.did_not_play`;

const PUT_SPANS = `
  insert into game_span as known
    (slot, game_id, first_happened_at, last_happened_at, last_offset)
  select $1, * from unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[])
  on conflict (slot, game_id) do update
    set first_happened_at = least(known.first_happened_at, excluded.first_happened_at),
      last_happened_at = greatest(known.last_happened_at, excluded.last_happened_at),
      last_offset = excluded.last_offset`;

const STATISTIC_COLUMNS = STATISTICS.map(columnOf);
const TEAM_COLUMNS = TEAM_STATISTICS.map(columnOf);

const PUT_PLAYERS = `
  insert into player_game (slot, game_id, player_id, team_id, official, live_line, official_line,
    ${STATISTIC_COLUMNS.join(", ")})
  select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::boolean[], $6::jsonb[],
    $7::jsonb[], ${STATISTICS.map((_, at) => `$${at + 8}::integer[]`).join(", ")})
  on conflict (slot, game_id, player_id) do update
    set team_id = excluded.team_id, official = excluded.official,
      live_line = excluded.live_line, official_line = excluded.official_line,
      ${STATISTIC_COLUMNS.map((column) => `${column} = excluded.${column}`).join(", ")}`;

const PUT_TEAMS = `
  insert into team_game (slot, game_id, team_id, live_line, ${TEAM_COLUMNS.join(", ")})
  select $1, * from unnest($2::text[], $3::text[], $4::jsonb[],
    ${TEAM_STATISTICS.map((_, at) => `$${at + 5}::integer[]`).join(", ")})
  on conflict (slot, game_id, team_id) do update
    set live_line = excluded.live_line,
      ${TEAM_COLUMNS.map((column) => `${column} = excluded.${column}`).join(", ")}`;

/** No partition takes the row: the month of a row that has waited long, or the service did. */
const SQLSTATE_NO_PARTITION = "23514";

/** The archive kept in Postgres, on the primary. */
export function archiveFoldsIn(pool: pg.Pool): ArchiveFolds {
  return {
    async cursors() {
      const { rows } = await query<StoredCursor>(pool, { name: "archive_cursors", text: CURSORS });
      return new Map(
        rows.map(({ slot, end_offset, digest }) => [
          slot,
          { endOffset: Number(end_offset), digest: digest.toString("hex") },
        ]),
      );
    },
    async games(slot, gameIds) {
      return gameIds.length === 0 ? new Map() : boxScoresIn(pool, slot, gameIds);
    },
    async move(slot, from, last, entries, games) {
      const attempt = () =>
        inTransaction(pool, (client) => write(client, slot, from, last, entries, games));
      try {
        return await attempt();
      } catch (error) {
        const first = entries[0];
        if (first === undefined || !isNoPartition(error)) throw error;
        const values = [new Date(first.recordedAt)];
        await query(pool, { name: "archive_prepare", text: PREPARE, values });
        return attempt();
      }
    },
  };
}

async function write(
  client: pg.PoolClient,
  slot: Slot,
  from: Cursor,
  last: JournalRow,
  entries: readonly EntryHead[],
  { was, now }: { readonly was: BoxScores; readonly now: BoxScores },
): Promise<boolean> {
  const run = (name: string, text: string, values: unknown[]) =>
    client.query({ name: `archive_${name}`, text, values });

  if (from.endOffset === 0) await run("begin", BEGIN, [slot]);
  const endOffset = last.firstOffset + last.entries;
  const digest = Buffer.from(last.digest, "hex");
  const moved = await run("move", MOVE, [
    slot,
    from.endOffset,
    Buffer.from(from.digest, "hex"),
    ...[endOffset, digest, new Date(last.recordedAt), last.firstOffset],
  ]);
  if (moved.rowCount !== 1) return false;
  if (!moved.rows[0].journalled) throw new CursorLost(slot, { endOffset, digest: last.digest });

  await copyIn(client, KEEP, statLines(slot, entries));
  const held = entries.filter(({ kind }) => kind === "quarantined");
  if (held.length > 0) {
    const recorded = timestamps(held.map(({ recordedAt }) => recordedAt));
    await run("keep_quarantined", KEEP_QUARANTINED, [slot, ...numbersOf(held), recorded]);
  }
  const freed = entries.filter(({ released }) => released);
  if (freed.length > 0) await run("release", RELEASE, [slot, ...numbersOf(freed)]);
  const { games, players, teams } = changesOf(was, now);
  if (games.length > 0) {
    await run("put_games", PUT_GAMES, [
      slot,
      texts(games.map(({ gameId }) => gameId)),
      bigints(games.map(({ factsRevision }) => factsRevision)),
      games.map(({ facts }) => facts.date ?? null),
      timestamps(games.map(({ facts }) => facts.tipOff)),
      texts(games.map(({ facts }) => facts.homeTeamId)),
      texts(games.map(({ facts }) => facts.awayTeamId)),
      texts(games.map(({ facts }) => facts.status)),
      integers(games.map(({ facts }) => facts.period)),
      integers(games.map(({ facts }) => facts.clockLeftMs)),
      integers(games.map(({ facts }) => facts.homeScore)),
      integers(games.map(({ facts }) => facts.awayScore)),
      jsonbs(
        games.map(({ didNotPlay }) => didNotPlay && JSON.stringify(didNotPlay.map(absenceText))),
      ),
    ]);
  }
  if (players.length > 0) {
    await run("put_players", PUT_PLAYERS, [
      slot,
      texts(players.map(({ gameId }) => gameId)),
      texts(players.map(({ playerId }) => playerId)),
      texts(players.map(({ counted }) => counted?.teamId)),
      booleans(players.map(({ counted }) => counted?.official ?? false)),
      jsonbs(players.map(({ live }) => live && JSON.stringify(liveText(live)))),
      jsonbs(players.map(({ official }) => official && JSON.stringify(officialText(official)))),
      ...STATISTICS.map((name) => integers(players.map(({ counted }) => counted?.totals[name]))),
    ]);
  }
  if (teams.length > 0) {
    await run("put_teams", PUT_TEAMS, [
      slot,
      texts(teams.map(({ gameId }) => gameId)),
      texts(teams.map(({ teamId }) => teamId)),
      jsonbs(teams.map(({ line }) => JSON.stringify(teamText(line)))),
      ...TEAM_STATISTICS.map((name) => integers(teams.map(({ line }) => line.totals[name]))),
    ]);
  }
  const spans = spansOf(entries);
  await run("put_spans", PUT_SPANS, [
    slot,
    texts(spans.map(({ gameId }) => gameId)),
    timestamps(spans.map(({ first }) => first)),
    timestamps(spans.map(({ last }) => last)),
    bigints(spans.map(({ offset }) => offset)),
  ]);
  return true;
}

function statLines(slot: Slot, entries: readonly EntryHead[]): CopyRows {
  const rows = new CopyRows();
  for (const entry of entries) {
    rows.row(8);
    rows.text(slot);
    rows.bigint(entry.offset);
    rows.timestamp(entry.recordedAt);
    if (entry.happenedAt === undefined) rows.null();
    else rows.timestamp(entry.happenedAt);
    rows.text(entry.released ? "released" : entry.kind);
    rows.text(entry.gameId);
    if (entry.subjectId === "") rows.null();
    else rows.text(entry.subjectId);
    rows.bytes(entry.body, entry.from, entry.until);
  }
  return rows;
}

/** Which lines they are, as the statements about held ones want it. */
function numbersOf(entries: readonly EntryHead[]): Buffer[] {
  return [
    texts(entries.map(({ gameId }) => gameId)),
    integers(entries.map(({ epoch }) => epoch)),
    bigints(entries.map(({ number }) => number)),
    bigints(entries.map(({ offset }) => offset)),
  ];
}

type Span = { readonly gameId: string; first?: number; last?: number; offset: number };

/** Of each game its first and last play among these entries, and its last entry. */
function spansOf(entries: readonly EntryHead[]): Span[] {
  const spans = new Map<string, Span>();
  for (const { offset, gameId, happenedAt } of entries) {
    let span = spans.get(gameId);
    if (span === undefined) {
      span = { gameId, offset };
      spans.set(gameId, span);
    }
    span.offset = offset;
    if (happenedAt === undefined) continue;
    span.first = Math.min(span.first ?? happenedAt, happenedAt);
    span.last = Math.max(span.last ?? happenedAt, happenedAt);
  }
  return [...spans.values()];
}

function isNoPartition(error: unknown): boolean {
  return (error as { code?: string }).code === SQLSTATE_NO_PARTITION;
}

/** What differs. */
function changesOf(was: BoxScores, now: BoxScores) {
  const games: ({ readonly gameId: string } & BoxScore)[] = [];
  const players: ChangedPlayer[] = [];
  const teams: { readonly gameId: string; readonly teamId: string; readonly line: LiveTeamLine }[] =
    [];
  for (const [gameId, box] of now) {
    const before = was.get(gameId) ?? EMPTY_BOX_SCORE;
    if (box.factsRevision !== before.factsRevision) games.push({ gameId, ...box });
    for (const [playerId, lines] of box.players) {
      if (before.players.get(playerId) === lines) continue;
      players.push({ gameId, playerId, ...lines, counted: countedLine(lines) });
    }
    for (const [teamId, line] of box.teams) {
      if (before.teams.get(teamId) !== line) teams.push({ gameId, teamId, line });
    }
  }
  return { games, players, teams };
}

type ChangedPlayer = PlayerLines & {
  readonly gameId: string;
  readonly playerId: string;
  readonly counted: CountedLine | undefined;
};

type StoredCursor = { slot: string; end_offset: string; digest: Buffer };
