import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "#gen/google/rpc/error_details_pb.ts";

/** Who issues our reasons. Domain and reason together name an error for good (AIP-193). */
export const DOMAIN = "courtside.example";

// Details travel in trailers, of which clients take few kilobytes: 500 bad lines must fit.
const VIOLATIONS_MAX = 16;

/** Every reason a client may branch on, with its code. docs/errors.md lists the same, tested. */
export const REASONS = {
  SEASON_UNKNOWN: Code.NotFound,
  GAME_UNKNOWN: Code.NotFound,
  PLAYER_UNKNOWN: Code.NotFound,
  TEAM_UNKNOWN: Code.NotFound,
  MEMBER_UNKNOWN: Code.NotFound,
  LINE_UNKNOWN: Code.NotFound,
  UPLOAD_FENCED: Code.FailedPrecondition,
  NOT_OWNER: Code.FailedPrecondition,
  NUMBER_REUSED: Code.FailedPrecondition,
  LINE_INVALID: Code.FailedPrecondition,
  SEASON_MISMATCH: Code.FailedPrecondition,
  GAME_NOT_FINAL: Code.FailedPrecondition,
  PAGE_EXPIRED: Code.FailedPrecondition,
  NUMBER_GAP: Code.OutOfRange,
  POSITION_LOST: Code.DataLoss,
  REBUILD_UNDER_WAY: Code.Aborted,
  WATCHES_EXHAUSTED: Code.ResourceExhausted,
  SPOOL_FULL: Code.ResourceExhausted,
  READ_AFTER_TIMEOUT: Code.DeadlineExceeded,
  STORE_UNREACHABLE: Code.Unavailable,
  NOT_REPLICATED: Code.Unavailable,
  SHUTTING_DOWN: Code.Unavailable,
} as const satisfies Record<string, Code>;

/** A reason of ours. */
export type Reason = keyof typeof REASONS;

/** What may stand beside the reason of a failure. */
export type Particulars = {
  /** What a program needs to act, such as the id that was not found. Never secrets, never SQL. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** When a retry may help, in milliseconds from now. Adds RetryInfo. */
  readonly retryAfterMs?: number;
  /** What went wrong underneath: logged on this side, never sent. */
  readonly cause?: unknown;
};

/** A field of a request that breaks a rule. */
export type FieldViolation = {
  /** Its proto path, such as `lines[3].player_id`. */
  readonly field: string;
  /** The rule, as a sentence. */
  readonly description: string;
};

/** A failure that callers tell apart by `reason`. The message is one sentence for a person. */
export function failure(reason: Reason, message: string, more: Particulars = {}): ConnectError {
  const { metadata, retryAfterMs, cause } = more;
  const info = { reason, domain: DOMAIN, metadata: { ...metadata } };
  const details = [
    { desc: ErrorInfoSchema, value: info },
    ...(retryAfterMs === undefined
      ? []
      : [{ desc: RetryInfoSchema, value: { retryDelay: duration(retryAfterMs) } }]),
  ];
  return new ConnectError(message, REASONS[reason], undefined, details, cause);
}

/**
 * An INVALID_ARGUMENT naming each field at fault by proto path, such as `lines[3].player_id`.
 *
 * The first 16 are named and the message counts the others.
 */
export function badRequest(violations: readonly FieldViolation[]): ConnectError {
  const fieldViolations = violations.slice(0, VIOLATIONS_MAX);
  const named = fieldViolations.map(({ field }) => field).join(", ");
  const others = violations.length - fieldViolations.length;
  const message = others > 0 ? `invalid: ${named} and ${others} more` : `invalid: ${named}`;
  const detail = { desc: BadRequestSchema, value: { fieldViolations } };
  return new ConnectError(message, Code.InvalidArgument, undefined, [detail]);
}

function duration(ms: number): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(Math.trunc(ms / 1000)), nanos: Math.round((ms % 1000) * 1_000_000) };
}
