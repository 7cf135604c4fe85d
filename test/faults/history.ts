import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";

/**
 * Everything that clients did and were answered, in order. An operation begins with `invoke` and ends with
 * `ok`, `fail` (it has not happened) or `info` (nobody knows); only the checks decide what info became.
 */
export type History = {
  readonly file: string;
  readonly all: readonly Happening[];
  add(what: What): void;
  /** Milliseconds since the beginning, by a clock that never goes back. */
  now(): number;
  /** Writes what is left to the file. */
  close(): Promise<void>;
};

/** Something that happened, and when, in ms since the beginning. */
export type Happening = What & { readonly at: number };

/** What may happen, and to whom. */
export type What = { readonly who: string } & (
  | OfUpload
  | OfCall
  | OfRead
  | OfWatch
  | Places
  | OfFault
  | OfProcess
);

/** Of an upload of numbered lines. `upload` names it, and `prints` what each line says. */
export type OfUpload = { readonly upload: string } & (
  | { readonly op: "open"; readonly type: "ok"; readonly epoch: number; readonly next: number }
  | {
      readonly op: "lines";
      readonly type: "invoke";
      readonly game: string;
      readonly from: number;
      readonly prints: readonly string[];
    }
  | {
      readonly op: "lines";
      readonly type: "ok";
      readonly through: number;
      readonly position: string;
    }
  /** It is over, for a reason that names every line after `through`. */
  | {
      readonly op: "lines";
      readonly type: "fail";
      readonly through: number;
      readonly reason: string;
    }
  /** The run is over, and what became of the lines after `through` is not known. */
  | { readonly op: "lines"; readonly type: "info"; readonly through: number }
  | { readonly op: "broke"; readonly type: "info"; readonly code: string; readonly reason: string }
  | { readonly op: "hole"; readonly type: "info"; readonly from: number; readonly to: number }
);

/** Of a call that writes: lines of one game, its facts, official lines. */
export type OfCall = {
  readonly op: "record" | "facts" | "official";
  readonly call: number;
} & (
  | {
      readonly type: "invoke";
      readonly game: string;
      readonly revision: number;
      readonly prints: readonly string[];
    }
  | { readonly type: "ok"; readonly taken: boolean; readonly position: string }
  | { readonly type: "fail" | "info"; readonly code: string; readonly reason: string }
);

/** Of a read. `session` names who must never see an older state than before. */
export type OfRead = { readonly op: "read"; readonly call: number } & (
  | {
      readonly type: "invoke";
      readonly session: string;
      readonly question: string;
      readonly after: string;
      readonly withinMs: number;
    }
  | { readonly type: "ok"; readonly position: string; readonly store: string }
  | {
      readonly type: "fail";
      readonly code: string;
      readonly reason: string;
      readonly message: string;
      readonly retryAfterMs?: number;
    }
);

/** Of a stream of changes. */
export type OfWatch = { readonly op: "watch" } & (
  | { readonly type: "ok"; readonly position: string; readonly content: string }
  | { readonly type: "fail"; readonly code: string; readonly reason: string }
);

/** How far journal and folds are; what could not be asked is absent. */
export type Places = {
  readonly op: "places";
  readonly type: "ok";
  readonly head?: Place | undefined;
  readonly hot?: (Place & { readonly generation: string }) | undefined;
  readonly archive?: Place | undefined;
};
export type Place = { readonly end: number; readonly digest: string };

/** A fault begins, and is healed. */
export type OfFault = {
  readonly op: "fault";
  readonly type: "invoke" | "ok";
  readonly fault: string;
  readonly target: string;
};

/** What a process takes of the machine. */
export type OfProcess = {
  readonly op: "process";
  readonly type: "ok";
  readonly pid: number;
  readonly memoryMb: number;
  readonly files: number;
};

/** Begins a history, which is kept in a file as it grows. */
export function openHistory(file: string): History {
  const begun = performance.now();
  const all: Happening[] = [];
  const out = createWriteStream(file);
  const now = () => performance.now() - begun;
  return {
    ...{ file, all, now },
    add(what) {
      const happening = { at: Math.round(now() * 10) / 10, ...what } as Happening;
      all.push(happening);
      out.write(`${JSON.stringify(happening)}\n`);
    },
    async close() {
      out.end();
      await finished(out);
    },
  };
}
