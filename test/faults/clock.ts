/**
 * Is loaded before a service: with each SIGUSR2 its clock goes wrong in another way, as one does that somebody
 * sets or that runs too fast; timers, and the clock that only ever goes on, are left alone.
 */
const HOUR_MS = 3_600_000;
const WAYS: readonly ((sinceMs: number) => number)[] = [
  () => 0,
  () => HOUR_MS,
  () => -HOUR_MS,
  (sinceMs) => 0.05 * sinceMs,
];

const RightDate = Date;
let way = 0;
let since = performance.now();
process.on("SIGUSR2", () => {
  way = (way + 1) % WAYS.length;
  since = performance.now();
});

const now = () => Math.round(RightDate.now() + (WAYS[way]?.(performance.now() - since) ?? 0));

globalThis.Date = new Proxy(RightDate, {
  construct: (date, args, target) =>
    Reflect.construct(date, args.length === 0 ? [now()] : args, target),
  get: (date, name, target) => (name === "now" ? now : Reflect.get(date, name, target)),
});
