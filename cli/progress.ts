import type { Screen } from "./shell.ts";

/** What a person sees of something that takes its time. */
export type Progress = {
  /** So many more are done. */
  add(count: number): void;
  /** What stands behind the bar, such as the lines done so far. */
  say(detail: string): void;
  /** Shows a sentence of its own, above the bar. */
  note(sentence: string): void;
  /** Takes the bar away, or writes the last state where it is a log. */
  end(): void;
};

const DRAW_EVERY_MS = 100;
const WRITE_EVERY_MS = 5_000;
// On a narrow terminal the words are worth more than the bar.
const BAR_WIDTH = { narrow: 8, wide: 24 };
const WIDE_COLUMNS = 100;

/**
 * Shows the progress of so many things: a bar that is drawn anew on a terminal, and a plain line every
 * few seconds elsewhere. `now` gives milliseconds that never go back.
 */
export function progressOn(
  screen: Screen,
  verb: string,
  total: number,
  things: string,
  now = () => performance.now(),
): Progress {
  const begun = now();
  let done = 0;
  let detail = "";
  let shownAt = begun;

  const text = () => progressText({ verb, done, total, things, detail, elapsedMs: now() - begun });
  const draw = () => {
    const { columns = 80 } = screen;
    const width = columns < WIDE_COLUMNS ? BAR_WIDTH.narrow : BAR_WIDTH.wide;
    const line = `${bar(done, total, width)} ${text()}`;
    screen.write(screen.isTTY ? `\r\x1b[2K${line.slice(0, columns - 1)}` : `${text()}\n`);
    shownAt = now();
  };
  const show = () => {
    if (now() - shownAt >= (screen.isTTY ? DRAW_EVERY_MS : WRITE_EVERY_MS)) draw();
  };
  return {
    add(count) {
      done += count;
      show();
    },
    say(newDetail) {
      detail = newDetail;
      show();
    },
    note(sentence) {
      screen.write(screen.isTTY ? `\r\x1b[2K${sentence}\n` : `${sentence}\n`);
      if (screen.isTTY) draw();
    },
    end() {
      if (screen.isTTY) screen.write("\r\x1b[2K");
      else if (total > 0) draw();
    },
  };
}

/** One state of the progress in words. */
export function progressText(state: {
  readonly verb: string;
  readonly done: number;
  readonly total: number;
  readonly things: string;
  readonly detail: string;
  readonly elapsedMs: number;
}): string {
  const { verb, done, total, things, detail, elapsedMs } = state;
  const left = done > 0 && done < total ? (elapsedMs / done) * (total - done) : undefined;
  const parts = [`${verb} ${done} of ${total} ${things}`, detail];
  if (left !== undefined) parts.push(`${durationText(left)} left`);
  return parts.filter(Boolean).join(" · ");
}

/** A time as people say it: "8 s", "3 min 20 s", "2 h 5 min". */
export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function bar(done: number, total: number, width: number): string {
  const full = total === 0 ? width : Math.floor((done / total) * width);
  return `${"█".repeat(full)}${"░".repeat(width - full)}`;
}
