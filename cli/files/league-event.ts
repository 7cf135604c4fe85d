import type { Play } from "#domain/plays";

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

const CLOCK = /^PT(\d{1,2})M(\d{1,2})(?:\.(\d{1,3}))?S$/;
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
      clockLeftMs: clock(event),
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

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("is not JSON.");
  }
  if (isFields(value)) return value;
  throw new Error("is not a JSON object.");
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(event: Fields, field: string, wanted: string): Error {
  const value = event[field];
  if (value === undefined) return new Error(`lacks the field ${field}.`);
  return new Error(`field ${field} must be ${wanted}, not ${JSON.stringify(value)}.`);
}

function string(event: Fields, field: string): string {
  const value = event[field];
  if (typeof value === "string") return value;
  throw wrong(event, field, "text");
}

function optionalString(event: Fields, field: string): string | undefined {
  return event[field] == null ? undefined : string(event, field);
}

function whole(event: Fields, field: string): number {
  const value = event[field];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(event, field, "a whole number from 0");
}

function optionalWhole(event: Fields, field: string): number | undefined {
  return event[field] == null ? undefined : whole(event, field);
}

function id(event: Fields, field: string): string {
  const found = idOf(event[field]);
  if (found !== undefined) return found;
  throw wrong(event, field, "an id");
}

/** Ids are numbers or text in the files, and text with us. */
function idOf(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return value;
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : undefined;
}

function date(event: Fields): string {
  const [, year, month, day] = DATE.exec(id(event, "date")) ?? [];
  if (day === undefined) throw wrong(event, "date", "a day such as 20231024");
  return `${year}-${month}-${day}`;
}

function clock(event: Fields): number {
  const [, minutes, seconds, fraction = ""] = CLOCK.exec(string(event, "clock")) ?? [];
  if (seconds === undefined) throw wrong(event, "clock", "a duration such as PT11M42.00S");
  return (Number(minutes) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, "0"));
}

function onCourt(event: Fields): string[] {
  const listed = event.players_on;
  const ids = Array.isArray(listed) ? listed.map(idOf) : [undefined];
  const known = ids.filter((playerId) => playerId !== undefined);
  if (known.length === ids.length) return known;
  throw wrong(event, "players_on", "a list of ids");
}
