import type { Play } from "#domain/plays";
import {
  clock,
  type Fields,
  fieldsOf,
  id,
  idOf,
  optionalString,
  optionalWhole,
  string,
  whole,
  wrong,
} from "./fields.ts";

/** One event as a file has it: the play, and what it says of its game. */
export type LeagueEvent = {
  readonly gameId: string;
  /** The game's day, YYYY-MM-DD. */
  readonly date: string;
  /** The year in which the season ends, when the event says it. */
  readonly seasonYear?: number;
  readonly tricode: string;
  /** The family name of who acted. */
  readonly familyName?: string;
  readonly play: Play;
};

const DATE = /^(\d{4})-?(\d\d)-?(\d\d)$/;

/** Reads one line of an event file. Throws an Error that says in one sentence what is wrong with it. */
export function leagueEvent(text: string): LeagueEvent {
  const event = fieldsOf(text);
  const personId = id(event, "person_id");
  const seasonYear = optionalWhole(event, "season_year");
  return {
    gameId: id(event, "game_id"),
    date: date(event),
    seasonYear,
    tricode: string(event, "team"),
    familyName: optionalString(event, "playerName"),
    play: {
      actionNumber: whole(event, "actionNumber"),
      period: whole(event, "period"),
      clockLeftMs: clock(event, "clock"),
      action: string(event, "actionType"),
      description: string(event, "description"),
      teamId: id(event, "teamId"),
      playerId: personId === "0" ? undefined : personId,
      made: event.shotResult === "Made",
      assisterId: event.assister_id == null ? undefined : id(event, "assister_id"),
      onCourt: onCourt(event),
      score: { home: whole(event, "scoreHome"), away: whole(event, "scoreAway") },
    },
  };
}

function date(event: Fields): string {
  const [, year, month, day] = DATE.exec(id(event, "date")) ?? [];
  if (day === undefined) throw wrong(event, "date", "a day such as 20231024");
  return `${year}-${month}-${day}`;
}

function onCourt(event: Fields): string[] {
  const listed = event.players_on;
  const ids = Array.isArray(listed) ? listed.map(idOf) : [undefined];
  const known = ids.filter((playerId) => playerId !== undefined);
  if (known.length === ids.length) return known;
  throw wrong(event, "players_on", "a list of ids");
}
