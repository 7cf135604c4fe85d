import { STATUS_CODES } from "node:http";
import { Code } from "@connectrpc/connect";
import { DOMAIN, type FieldViolation, reasonOf } from "#runtime/rpc";

/** The body of an answer that is no success, as application/problem+json (RFC 9457). */
export type ProblemBody = {
  /** Names the kind of problem for good, by domain and reason; "about:blank" where the status says all. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** One sentence for a person. */
  readonly detail?: string;
  /** One of docs/errors.md. */
  readonly reason?: string;
  /** What came with the reason. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The fields, parameters or headers that break a rule. */
  readonly errors?: readonly FieldViolation[];
};

/** What keeps a request from being answered with what it asked for. */
export type Problem = {
  readonly body: ProblemBody;
  readonly headers: Readonly<Record<string, string>>;
};

/** A request that the gateway itself refuses. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly problem: Problem;

  constructor(
    status: number,
    detail: string,
    more: { errors?: readonly FieldViolation[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    const { errors, headers = {} } = more;
    const body = { ...blank(status), detail, ...(errors && { errors }) };
    this.problem = { body, headers };
  }
}

// FAILED_PRECONDITION is a conflict with what is recorded, whatever its reason: 412 is about conditions
// in the request's own headers (RFC 9110, 15.5.13), of which a lost position is one.
const STATUSES: Readonly<Partial<Record<Code, number>>> = {
  [Code.InvalidArgument]: 400,
  [Code.OutOfRange]: 400,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.Aborted]: 409,
  [Code.FailedPrecondition]: 409,
  [Code.DataLoss]: 412,
  [Code.ResourceExhausted]: 429,
  [Code.Unimplemented]: 501,
  [Code.Unavailable]: 503,
  // Of the services behind, not of this client: it is told nothing once it has gone.
  [Code.Canceled]: 503,
  [Code.DeadlineExceeded]: 504,
};

const RETRY_AFTER_S_DEFAULT = 1;

/** How a field of a .proto is called in a request over HTTP: `lines[3].playerId`, `season`. */
function nameOf(path: string): string {
  if (!path.startsWith("lines[")) {
    return path.replace(/^(board\.)?season\.season$/, "season").replace(/^minimum\./, "min_");
  }
  const plain = path.replace(/\.player\b/, "").replace(/\.totals\b/, "");
  return plain.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * What went wrong, for the client: a refusal of the gateway's own, or what a service answered. Total:
 * what it cannot place is a 500 that says nothing.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  const { code, reason, message, metadata, fieldViolations, retryAfterMs } = reasonOf(error);
  const status = STATUSES[code] ?? 500;
  const headers: Problem["headers"] =
    retries(status) || retryAfterMs !== undefined
      ? { "Retry-After": retryAfter(retryAfterMs) }
      : {};
  if (status === 500) return { body: blank(500), headers: {} };
  if (code === Code.InvalidArgument) {
    const errors = fieldViolations.map(({ field, description }) => ({
      field: nameOf(field),
      description,
    }));
    const detail = `Wrong in this request: ${errors.map(({ field }) => field).join(", ")}.`;
    return { body: { ...blank(status), detail, errors }, headers };
  }
  // Only what one of our services has said for a person: other messages tell of addresses and drivers.
  if (reason === undefined) return { body: blank(status), headers };
  const body = {
    type: `https://${DOMAIN}/errors/${reason}`,
    title: titleOf(reason),
    status,
    detail: message,
    reason,
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
  return { body, headers };
}

/** Each status that {@link problemOf} may give. */
export const PROBLEM_STATUSES: readonly number[] = [
  ...new Set(Object.values(STATUSES)),
  500,
].sort();

function blank(status: number) {
  return { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status };
}

function retries(status: number): boolean {
  return status === 503 || status === 429;
}

// In whole seconds, and never 0: who must wait for less waits for one.
function retryAfter(ms: number | undefined): string {
  return String(ms === undefined ? RETRY_AFTER_S_DEFAULT : Math.max(1, Math.ceil(ms / 1_000)));
}

// GAME_UNKNOWN is "Game unknown".
function titleOf(reason: string): string {
  const words = reason.toLowerCase().replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
