/** A player's names. */
export type Player = {
  readonly playerId: string;
  /** The name shown, e.g. "Luka Dončić". */
  readonly name: string;
  /** Other spellings. */
  readonly aliases: readonly string[];
};

/** A team's names. */
export type Team = {
  readonly teamId: string;
  /** The short name, e.g. "LAL". */
  readonly tricode: string;
  readonly city: string;
  readonly name: string;
};

/** A text as names are compared: lower case, without diacritics, hyphens, dots and apostrophes. */
export function folded(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/\p{Mark}/gu, "")
    .toLowerCase()
    .replaceAll(/['’.]/g, "")
    .replaceAll(/[^\p{Letter}\p{Number}]+/gu, " ")
    .trim();
}

/**
 * The players whose id or name matches, best match first: the id, the whole name, the family name, the
 * beginning of a word, any other part; within each by name. An empty query matches all.
 */
export function playersMatching(players: readonly Player[], query: string): Player[] {
  const wanted = folded(query);
  return players
    .map((player) => ({ player, place: placeOf(player, query.trim(), wanted) }))
    .filter(({ place }) => place !== undefined)
    .sort(
      (a, b) =>
        (a.place ?? 0) - (b.place ?? 0) ||
        compared(folded(a.player.name), folded(b.player.name)) ||
        compared(a.player.playerId, b.player.playerId),
    )
    .map(({ player }) => player);
}

/**
 * The teams that match, by tricode: the one whose id or tricode is the query, else all whose city and
 * name contain it. An empty query matches all.
 */
export function teamsMatching(teams: readonly Team[], query: string): Team[] {
  const wanted = folded(query);
  const byTricode = [...teams].sort((a, b) => compared(a.tricode, b.tricode));
  const named = byTricode.filter(
    ({ teamId, tricode }) => teamId === query.trim() || folded(tricode) === wanted,
  );
  if (named.length > 0 && wanted !== "") return named;
  return byTricode.filter(({ city, name }) => folded(`${city} ${name}`).includes(wanted));
}

// Lower is better; undefined is no match.
function placeOf(player: Player, id: string, wanted: string): number | undefined {
  if (wanted === "") return 0;
  if (player.playerId === id) return 0;
  const names = [player.name, ...player.aliases].map(folded);
  if (names.includes(wanted)) return 1;
  // "Jr" and the like stand behind the family name.
  const family = names.map((name) => name.replace(/ (jr|sr|ii|iii|iv|v)$/, ""));
  if (family.some((name) => name === wanted || name.endsWith(` ${wanted}`))) return 2;
  if (names.some((name) => ` ${name}`.includes(` ${wanted}`))) return 3;
  return names.some((name) => name.includes(wanted)) ? 4 : undefined;
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
