import { Code } from "@connectrpc/connect";
import { reasonOf } from "#runtime/rpc";

/** What a failure says about trying the same again. */
export type Prospect =
  /** The peer is not there or gave no answer: the same may well work later. */
  | "try-again"
  /** It looks like a fault of the peer, which may pass when it restarts, or never. */
  | "doubtful"
  /** The peer understood and refused: the same is refused again. */
  | "refused";

/** Whether the same may work later. Total: an error that no call gave is "refused". */
export function prospectOf(error: unknown): Prospect {
  const { code, reason } = reasonOf(error);
  switch (code) {
    case Code.Unavailable:
    case Code.ResourceExhausted:
    case Code.DeadlineExceeded:
    // The peer, or a proxy, broke the call off. Our own abort is looked at before we come here.
    case Code.Canceled:
    case Code.Aborted:
      return "try-again";
    case Code.Internal:
      return "doubtful";
    // A number above the one expected: the peer has lost lines that it had, and opening anew tells
    // from where.
    case Code.OutOfRange:
      return reason === "NUMBER_GAP" ? "doubtful" : "refused";
    // HTTP/2 that broke in the middle of an answer has no status of its own, or this one.
    case Code.Unknown:
      return isTransportFault(error) ? "doubtful" : "refused";
    default:
      return "refused";
  }
}

/**
 * The same for what nobody watches, and what goes on for days: only what is said of the upload itself is
 * "refused", and all else may be a proxy in the way, or a certificate that is being renewed.
 */
export function prospectUnattended(error: unknown): Prospect {
  switch (reasonOf(error).code) {
    case Code.FailedPrecondition:
    case Code.InvalidArgument:
      return "refused";
    case Code.Unknown:
      return isTransportFault(error) ? "try-again" : "refused";
    default:
      return "try-again";
  }
}

/** True for what a call gave: an error of this program has no status code. */
function isTransportFault(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === Code.Unknown;
}
