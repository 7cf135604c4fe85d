const ZONE = "America/New_York";
const HOUR = 19;

const wallClock = new Intl.DateTimeFormat("en-US", {
  timeZone: ZONE,
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/**
 * When a game begins of which only the date (YYYY-MM-DD) is known: 19:00 in New York, in milliseconds
 * since the epoch.
 */
export function eveningTipOff(date: string): number {
  const wanted = Date.parse(`${date}T${HOUR}:00:00Z`);
  // The zone's offset at the very moment sought; no change of clocks happens in the evening, so the
  // offset a few hours earlier is the same.
  return wanted - offsetMs(wanted);
}

/** The day in New York (YYYY-MM-DD) at a moment in milliseconds since the epoch. */
export function dayInNewYork(moment: number): string {
  return new Date(moment + offsetMs(moment)).toISOString().slice(0, 10);
}

/** How far the zone's clocks are ahead of UTC at a moment, in milliseconds; negative in New York. */
function offsetMs(moment: number): number {
  const parts = Object.fromEntries(
    wallClock.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - moment;
}
