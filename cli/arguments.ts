import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";

/** A whole number from 1, for an option. */
export function positiveArgument(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 1.");
}

/** How many times faster than the games' own time, or "max", for an option. */
export function speedArgument(text: string): Speed {
  if (text === "max") return "max";
  const speed = Number(text);
  if (/^\d{1,6}(\.\d{1,3})?$/.test(text) && speed > 0) return speed;
  throw new InvalidArgumentError('It is a number above 0, or "max".');
}

/** How many times faster than the games' own time; "max" is as fast as can be. */
export type Speed = number | "max";

/** A day as YYYY-MM-DD, for an option. */
export function dateArgument(text: string): string {
  const moment = Date.parse(`${text}T00:00:00Z`);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(moment);
  if (isDay && new Date(moment).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError("It is a day such as 2023-10-24.");
}

/**
 * The path that a person means. npm runs scripts in the clone's own folder and says in INIT_CWD where
 * the person is; a path that does not exist there is taken from the clone.
 */
export function pathArgument(path: string, env: NodeJS.ProcessEnv): string {
  const fromPerson = resolve(env.INIT_CWD ?? ".", path);
  return existsSync(fromPerson) ? fromPerson : resolve(path);
}
