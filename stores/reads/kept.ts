import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Season, type Slot, slotOf } from "#domain/slots";
import { positionAt, positionToken } from "#runtime/positions";
import type { Answered, Reader, When } from "./answered.ts";
import type { Found } from "./reads.ts";
import type { FoundIn, ReadsWithFallback } from "./with-fallback.ts";

/** Answers of the last moments that are kept: about 1 MB each for the totals of a season. */
const KEPT_MAX = 8;

/** Reads what is made of a season, and waits as a {@link Reader} does. */
export type KeptReader<Made> = (
  season: Season,
  when: When,
  deadline: Parameters<Reader>[2],
) => Promise<Answered<Made>>;

/**
 * A reader of what `make` makes of a large answer, such as a season's totals. It is made once a moment and
 * kept for the last few: while a slot stands still, a read costs a look at its cursor.
 */
export function keptReads<Value, Made>(
  read: Reader,
  find: (from: ReadsWithFallback, slot: Slot) => Promise<FoundIn<Value>>,
  make: (season: Season, value: Value) => Made,
): KeptReader<Made> {
  const kept = new Map<string, Made>();

  function keep(moment: string, made: Made): void {
    kept.set(moment, made);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  }

  return async (season, when, deadline) => {
    const slot = slotOf(season);
    const seen = await read(slot, when, deadline, async (from) => {
      const found = await from.progress(slot);
      return { ...found, value: momentOf(slot, found, when) };
    });
    const known = seen.value === undefined ? undefined : kept.get(seen.value);
    if (seen.value !== undefined && known !== undefined) {
      // Taken out and put back, so that what nobody asks for goes first.
      kept.delete(seen.value);
      keep(seen.value, known);
      return { ...seen, value: known };
    }
    const found = await read(slot, when, deadline, async (from) => {
      const fresh = await find(from, slot);
      return { ...fresh, value: { ...fresh, moment: momentOf(slot, fresh, when) } };
    });
    const made = make(season, found.value.value);
    if (found.value.moment !== undefined) keep(found.value.moment, made);
    return { ...found, value: made };
  };
}

/** All that decides what an answer says; undefined where nothing of the slot is there. */
function momentOf(
  slot: Slot,
  { cursor, reached = cursor }: Found<unknown>,
  { asOf }: When,
): string | undefined {
  if (cursor === undefined || reached === undefined) return undefined;
  const position = positionToken(positionAt(slot, cursor));
  const happened = asOf?.happenedTime;
  // What had happened by a moment is known better with each line that comes later.
  if (happened === undefined) return position;
  return `${position} ${timestampMs(happened)} ${positionToken(positionAt(slot, reached))}`;
}
