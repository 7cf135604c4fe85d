import { Code, ConnectError } from "@connectrpc/connect";
import { SpoolFull } from "#client";
import { badRequest, failure, isReason, reasonOf } from "#runtime/rpc";

const FULL_RETRY_AFTER_MS = 1_000;

/**
 * What a failure behind the relay is to those who call it: what the mesh said, in its own words, and
 * SPOOL_FULL. Anything else stays as it is.
 */
export function refusal(error: unknown): unknown {
  if (error instanceof SpoolFull) {
    const retryAfterMs = FULL_RETRY_AFTER_MS;
    return failure("SPOOL_FULL", "The relay has no room for a line.", {
      retryAfterMs,
      cause: error,
    });
  }
  if (error instanceof ConnectError) return error;
  const { code, reason, message, metadata, fieldViolations, retryAfterMs } = reasonOf(error);
  if (isReason(reason)) return failure(reason, message, { metadata, retryAfterMs });
  if (fieldViolations.length > 0) return badRequest(fieldViolations);
  if (code === Code.Unavailable || code === Code.DeadlineExceeded) {
    return new ConnectError("the mesh does not answer", Code.Unavailable);
  }
  return error;
}
