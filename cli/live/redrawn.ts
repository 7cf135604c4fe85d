import type { Screen } from "../shell.ts";

/** Lines on a terminal that are drawn again in the same place. */
export type Redrawn = {
  /** Shows these lines instead of those before. Each must fit the terminal's width. */
  draw(lines: readonly string[]): void;
  /** The terminal has another size: what was drawn may stand elsewhere now. */
  resized(): void;
  /** Takes the lines away and gives the cursor back. May be repeated. */
  erase(): void;
};

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
// A terminal that knows these shows all that is between them at once; others pass over them.
const BEGIN_UPDATE = "\x1b[?2026h";
const END_UPDATE = "\x1b[?2026l";
const CLEAR_TO_LINE_END = "\x1b[K";
const CLEAR_TO_SCREEN_END = "\x1b[J";
const CLEAR_SCREEN = "\x1b[H\x1b[2J";

/** Lines that are drawn in place on `screen`, below what stands there. */
export function redrawnOn(screen: Screen): Redrawn {
  let drawn = 0;
  let hidden = false;
  // Written over and never cleared first: a line that did not change does not flicker.
  const home = () => (drawn > 0 ? `\r\x1b[${drawn}A` : "\r");
  return {
    draw(lines) {
      const body = lines.map((line) => `${line}${CLEAR_TO_LINE_END}\n`).join("");
      const cursor = hidden ? "" : HIDE_CURSOR;
      screen.write(`${cursor}${BEGIN_UPDATE}${home()}${body}${CLEAR_TO_SCREEN_END}${END_UPDATE}`);
      hidden = true;
      drawn = lines.length;
    },
    resized() {
      if (drawn > 0) screen.write(CLEAR_SCREEN);
      drawn = 0;
    },
    erase() {
      if (drawn > 0) screen.write(`${home()}${CLEAR_TO_SCREEN_END}`);
      if (hidden) screen.write(SHOW_CURSOR);
      drawn = 0;
      hidden = false;
    },
  };
}
