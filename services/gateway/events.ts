import type { DescMessage, Message } from "@bufbuild/protobuf";
import { jsonOf } from "./json.ts";
import { problemOf } from "./problems.ts";

/** When a browser may come back to a stream that was ended, in ms: not all of them at once. */
const COME_BACK_MS_MIN = 500;
const COME_BACK_SPREAD_MS = 1_500;

/**
 * A message of a watch as a server-sent event (WHATWG HTML, 9.2.6): its id is the position, its type
 * says whether it is `full` or `changes`, its data is that as JSON. One that tells of no change moves the
 * id alone.
 */
export function eventOf(schema: DescMessage, message: Message): string {
  const { position, ...content } = jsonOf(schema, message);
  const [type = "changes", said = {}] = Object.entries(content)[0] ?? [];
  const id = `id: ${position}\n`;
  if (type === "changes" && isNothing(said)) return `${id}: nothing has changed\n\n`;
  return `event: ${type}\n${id}data: ${JSON.stringify(said)}\n\n`;
}

/**
 * The last event of a stream that has failed: when to come back where that may help, and else what is
 * wrong. `draw` gives a number from 0 to below 1.
 */
export function farewellOf(error: unknown, draw: () => number = Math.random): string {
  const { body, headers } = problemOf(error);
  if (isTemporary(error)) {
    const seconds = Number(headers["Retry-After"] ?? 0);
    const ms = Math.max(seconds * 1_000, COME_BACK_MS_MIN) + draw() * COME_BACK_SPREAD_MS;
    return `retry: ${Math.round(ms)}\n: come back then\n\n`;
  }
  return `event: problem\ndata: ${JSON.stringify(body)}\n\n`;
}

/** Whether the same request may succeed later. */
export function isTemporary(error: unknown): boolean {
  return [429, 503, 504].includes(problemOf(error).body.status);
}

function isNothing(changes: unknown): boolean {
  return Object.values(changes ?? {}).every((part) => Array.isArray(part) && part.length === 0);
}
