import { elapsedMs, inGameOrder, type Play } from "./play.ts";

/** Whole seconds that a player was on court until so much of the game's clock had run. */
export type CourtTime = (playerId: string, untilMs: number) => number;

/** From when to when, by the game's running clock. */
type Stint = { readonly fromMs: number; readonly toMs: number };

/**
 * Time on court from the substitutions of each period in game order, the players at its beginning
 * being those of its first play. A substitution that was entered late therefore counts from when it
 * happened.
 */
export function courtTimeOf(plays: readonly Play[]): CourtTime {
  const stints = new Map<string, Stint[]>();
  for (const period of Map.groupBy(inGameOrder(plays), (play) => play.period).values()) {
    for (const [playerId, stint] of stintsOf(period)) {
      const known = stints.get(playerId);
      if (known === undefined) stints.set(playerId, [stint]);
      else known.push(stint);
    }
  }
  return (playerId, untilMs) => {
    let ms = 0;
    for (const { fromMs, toMs } of stints.get(playerId) ?? []) {
      ms += Math.max(0, Math.min(toMs, untilMs) - fromMs);
    }
    return Math.floor(ms / 1000);
  };
}

/** Who was on court from when to when in one period, given its plays in game order. */
function* stintsOf(period: readonly Play[]): Generator<[playerId: string, Stint]> {
  const [first] = period;
  if (first === undefined) return;
  const endMs = elapsedMs({ period: first.period, clockLeftMs: 0 });
  const beginMs = elapsedMs({ period: first.period - 1, clockLeftMs: 0 });

  const since = new Map([...startersOf(period)].map((playerId) => [playerId, beginMs]));
  for (const play of period) {
    const { playerId } = play;
    if (play.action !== "substitution" || playerId === undefined) continue;
    const fromMs = since.get(playerId);
    if (entersCourt(play)) {
      if (fromMs === undefined) since.set(playerId, elapsedMs(play));
    } else if (fromMs !== undefined) {
      yield [playerId, { fromMs, toMs: elapsedMs(play) }];
      since.delete(playerId);
    }
  }
  for (const [playerId, fromMs] of since) yield [playerId, { fromMs, toMs: endMs }];
}

/**
 * The players who began a period: those on court at its first play that is no substitution, before
 * the substitutions that come ahead of it. Within a run of substitutions the feed's own list is of
 * little use, as it is the set while they were typed in.
 */
function startersOf(period: readonly Play[]): ReadonlySet<string> {
  const at = period.findIndex((play) => play.action !== "substitution");
  const onCourt = new Set(period[Math.max(0, at)]?.onCourt);
  // With nothing but substitutions the first one's list has it counted already.
  const ahead = at === -1 ? period.slice(0, 1) : period.slice(0, at);
  for (const play of ahead.reverse()) {
    if (play.playerId === undefined) continue;
    if (entersCourt(play)) onCourt.delete(play.playerId);
    else onCourt.add(play.playerId);
  }
  return onCourt;
}

function entersCourt({ description }: Play): boolean {
  return description.startsWith("SUB in");
}
