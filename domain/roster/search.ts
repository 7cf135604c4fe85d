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
 * Those of some players whom a query means most closely: the one of that id, else those of that whole
 * name, else those of that family name, else all of them.
 */
export function closestPlayers(players: readonly Player[], query: string): readonly Player[] {
  const wanted = folded(query);
  const places = players.map((player) => placeOf(player, query.trim(), wanted) ?? OTHER_PART);
  const best = Math.min(...places);
  return best >= WORD_BEGINS ? players : players.filter((_, at) => places[at] === best);
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

const [ID, WHOLE_NAME, FAMILY_NAME, WORD_BEGINS, OTHER_PART] = [0, 1, 2, 3, 4] as const;

// Lower is better; undefined is no match.
function placeOf(player: Player, id: string, wanted: string): number | undefined {
  if (wanted === "" || player.playerId === id) return ID;
  const names = [player.name, ...player.aliases].map(folded);
  if (names.includes(wanted)) return WHOLE_NAME;
  // "Jr" and the like stand behind the family name.
  const family = names.map((name) => name.replace(/ (jr|sr|ii|iii|iv|v)$/, ""));
  if (family.some((name) => name === wanted || name.endsWith(` ${wanted}`))) {
    return FAMILY_NAME;
  }
  if (names.some((name) => ` ${name}`.includes(` ${wanted}`))) return WORD_BEGINS;
  return names.some((name) => name.includes(wanted)) ? OTHER_PART : undefined;
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
