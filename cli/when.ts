import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Command, InvalidArgumentError } from "commander";

/** When to read, as {@link withWhen}'s options say. */
export type WhenOptions = {
  /** In ms since 1970. */
  readonly asOf?: number;
  /** In ms since 1970. */
  readonly knownAt?: number;
  readonly readAfter?: string;
};

/** Adds `--as-of`, `--known-at` and `--read-after` to a verb that reads. */
export function withWhen(verb: Command): Command {
  return verb
    .option("--as-of <moment>", "what had happened by then, as is known now", momentArgument)
    .option("--known-at <moment>", "what had been recorded by then", momentArgument)
    .option("--read-after <position>", "wait for a position that a write or a read has printed");
}

/** What a request says of when it wants to read. */
export function whenAsked({ asOf, knownAt, readAfter = "" }: WhenOptions) {
  const limits = {
    ...(asOf === undefined ? {} : { happenedTime: timestampFromMs(asOf) }),
    ...(knownAt === undefined ? {} : { knownTime: timestampFromMs(knownAt) }),
  };
  return { readAfter, ...(Object.keys(limits).length === 0 ? {} : { asOf: limits }) };
}

/** A moment as people write it, in ms since 1970. */
export function momentArgument(text: string): number {
  const ms = /^\d{11,}$/.test(text) ? Number(text) : Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}|^\d{11,}$/.test(text) && Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError('It is a moment such as "2023-10-24T23:45:00Z".');
}
