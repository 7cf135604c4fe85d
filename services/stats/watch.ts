import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { type BoxScore, EMPTY_BOX_SCORE } from "#domain/boxscore";
import { changesBetween, type GameRow, gameRows, isSameRows, type Rows } from "#domain/changes";
import { gameFlags } from "#domain/line-rules";
import type { PlayerSeason } from "#domain/season";
import { type Slot, slotOf } from "#domain/slots";
import {
  BoxScoreChangesSchema,
  type BoxScore as BoxScoreOnWire,
  BoxScoreSchema,
  PlayerSeasonChangesSchema,
  PlayerSeasonsSchema,
  type StatsService,
  type WatchGameResponseSchema,
  type WatchPlayersResponseSchema,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { failure } from "#runtime/rpc";
import type { Names, RosterCache } from "#stores/roster";
import { madeOnce, type Subject, type Watches } from "#stores/watches";
import { gameOnWire } from "#wire/games";
import { seasonAsked, seasonNeeded, seasonOfGameAsked } from "#wire/seasons";
import { teamBoxesOf } from "./box.ts";
import { gameUnknown, playerSeasonOf } from "./handlers.ts";

/** What the watches work on. */
type Means = { readonly names: RosterCache; readonly watches: Watches };

/** A game as it is watched. */
type Game = {
  readonly league: string;
  readonly gameId: string;
  readonly box: BoxScore;
  readonly rows: Rows<GameRow>;
};

/** Some players' seasons as they are watched. */
type Players = { readonly league: string; readonly rows: Rows<PlayerSeason> };

/** The watches of statistics. The validation interceptor has enforced the rules in the .proto by now. */
export function watchHandlers({
  names,
  watches,
}: Means): Pick<ServiceImpl<typeof StatsService>, "watchGame" | "watchPlayers"> {
  const gameContent = madeOnce((was: Game | undefined, now: Game) =>
    gameContentOf(was, now, names.of(now.league)),
  );
  const playersContent = madeOnce((was: Players | undefined, now: Players) =>
    playersContentOf(was, now, names.of(now.league)),
  );
  return {
    async *watchGame({ season: asked, gameId, resumeAfter }, { signal }) {
      const season = seasonOfGameAsked(asked, gameId);
      if (season === undefined) throw seasonNeeded(gameId);
      const subject = gameSubject(season.league, slotOf(season), gameId);
      for await (const step of watches.follow(subject, { resumeAfter, signal })) {
        yield { position: step.position, content: gameContent(step.was, step.now) };
      }
    },

    async *watchPlayers({ season: asked, playerIds, resumeAfter }, { signal }) {
      const season = seasonAsked(asked);
      const subject = playersSubject(season.league, slotOf(season), playerIds);
      for await (const step of watches.follow(subject, { resumeAfter, signal })) {
        yield { position: step.position, content: playersContent(step.was, step.now) };
      }
    },
  };
}

function gameSubject(league: string, slot: Slot, gameId: string): Subject<Game> {
  const unknown = () => gameUnknown(slot, gameId);
  return {
    key: `game ${slot} ${gameId}`,
    slot,
    async read(from) {
      const { cursor, value: box = EMPTY_BOX_SCORE } = await from.game(slot, gameId);
      return { cursor, value: { league, gameId, box, rows: gameRows(box) } };
    },
    isTouchedBy: ({ games }) => games.has(gameId),
    isSame: (a, b) => isSameRows(a.rows, b.rows),
    unknownSlot: unknown,
    unknown: ({ box }) => (box === EMPTY_BOX_SCORE ? unknown() : undefined),
  };
}

function playersSubject(league: string, slot: Slot, asked: readonly string[]): Subject<Players> {
  const playerIds = asked.toSorted();
  return {
    key: `players ${slot} ${playerIds.join(" ")}`,
    slot,
    async read(from) {
      const { cursor, value } = await from.players(slot, playerIds);
      const rows = new Map<string, PlayerSeason>();
      playerIds.forEach((playerId, at) => {
        const season = value[at];
        if (season !== undefined) rows.set(playerId, season);
      });
      return { cursor, value: { league, rows } };
    },
    isTouchedBy: ({ players }) => playerIds.some((playerId) => players.has(playerId)),
    isSame: (a, b) => isSameRows(a.rows, b.rows),
    unknownSlot() {
      const message = `Nothing was recorded of ${slot}.`;
      return failure("SEASON_UNKNOWN", message, { metadata: { slot } });
    },
    unknown: () => undefined,
  };
}

function gameContentOf(
  was: Game | undefined,
  now: Game,
  roster: Names,
): MessageInitShape<typeof WatchGameResponseSchema>["content"] {
  const game = gameOnWire(now.gameId, now.box.facts);
  // Made here, and so once for all watchers.
  const full = create(BoxScoreSchema, { game, teams: teamBoxesOf(now.box, roster) });
  if (was === undefined) return { case: "full", value: full };
  return { case: "changes", value: create(BoxScoreChangesSchema, gameChanges(was, now, full)) };
}

/** Of a box score that is told whole, what has changed. */
function gameChanges(
  was: Game,
  now: Game,
  { game, teams }: BoxScoreOnWire,
): MessageInitShape<typeof BoxScoreChangesSchema> {
  const { upserts, removed } = changesBetween(was.rows, now.rows);
  const players = new Set<string>();
  const changed = new Set<string>();
  const gone: string[] = [];
  for (const key of [...upserts.keys(), ...removed]) {
    for (const row of [was.rows.get(key), now.rows.get(key)]) {
      if (row?.of === "team" || row?.of === "absence") changed.add(row.teamId);
      else if (row?.of === "player") {
        players.add(row.playerId);
        changed.add(row.line.teamId);
      }
    }
    const row = was.rows.get(key);
    if (row?.of === "player" && !now.rows.has(key)) gone.push(row.playerId);
  }
  if (upserts.has("facts")) {
    // The end of a game, or its score, can raise or take back what is flagged of a team.
    for (const { box } of [was, now]) for (const { teamId } of gameFlags(box)) changed.add(teamId);
  }
  const left = teamsOf(now.rows);
  return {
    game: upserts.has("facts") ? game : undefined,
    teams: teams
      .filter(({ team }) => changed.has(team?.teamId ?? ""))
      .map((team) => ({
        ...team,
        players: team.players.filter((row) => players.has(row.playerId)),
      })),
    removedPlayerIds: gone,
    removedTeamIds: [...teamsOf(was.rows)].filter((teamId) => !left.has(teamId)),
  };
}

function teamsOf(rows: Rows<GameRow>): Set<string> {
  const teams = new Set<string>();
  for (const row of rows.values()) {
    if (row.of === "team" || row.of === "absence") teams.add(row.teamId);
    else if (row.of === "player") teams.add(row.line.teamId);
  }
  return teams;
}

function playersContentOf(
  was: Players | undefined,
  now: Players,
  roster: Names,
): MessageInitShape<typeof WatchPlayersResponseSchema>["content"] {
  const onWire = (rows: Rows<PlayerSeason>) =>
    [...rows].map(([playerId, season]) => playerSeasonOf(playerId, season, roster));
  if (was === undefined) {
    return { case: "full", value: create(PlayerSeasonsSchema, { players: onWire(now.rows) }) };
  }
  const { upserts, removed } = changesBetween(was.rows, now.rows);
  const value = { players: onWire(upserts), removedPlayerIds: [...removed] };
  return { case: "changes", value: create(PlayerSeasonChangesSchema, value) };
}
