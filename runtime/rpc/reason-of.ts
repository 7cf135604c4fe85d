import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { ServiceError } from "@grpc/grpc-js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "#gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "#gen/google/rpc/status_pb.ts";
import { type FieldViolation, REASONS, type Reason } from "./errors.ts";

/** What a failed call said, read the same whichever client made it. */
export type FailedCall = {
  /** The status; Unknown for an error that no call gave. */
  readonly code: Code;
  /** Why, if the peer said so: one of REASONS, or a word newer than this program. */
  readonly reason?: Reason | (string & {});
  /** One sentence for a person. */
  readonly message: string;
  /** What came with the reason, such as `expected` of NUMBER_GAP. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The fields that break a rule, in an INVALID_ARGUMENT. */
  readonly fieldViolations: readonly FieldViolation[];
  /** When a retry may help, in milliseconds from now. */
  readonly retryAfterMs?: number;
};

/** What a grpc-js ServiceError or a ConnectError says. Total: takes anything that was thrown. */
export function reasonOf(error: unknown): FailedCall {
  if (error instanceof ConnectError) {
    const first: FindDetail = (schema) => error.findDetails(schema)[0];
    return failedCall(error.code, error.rawMessage, first);
  }
  if (isServiceError(error)) {
    return failedCall(Number(error.code), decoded(error.details), findDetailIn(error));
  }
  const message = error instanceof Error ? error.message : String(error);
  return failedCall(Code.Unknown, message, () => undefined);
}

/** True if `reason` is one that this program knows. */
export function isReason(reason: string | undefined): reason is Reason {
  return reason !== undefined && Object.hasOwn(REASONS, reason);
}

type FindDetail = <Desc extends DescMessage>(schema: Desc) => MessageShape<Desc> | undefined;

function failedCall(code: Code, message: string, first: FindDetail): FailedCall {
  const info = first(ErrorInfoSchema);
  const delay = first(RetryInfoSchema)?.retryDelay;
  const fieldViolations = first(BadRequestSchema)?.fieldViolations ?? [];
  return {
    code,
    ...(info === undefined ? {} : { reason: info.reason }),
    message,
    metadata: info?.metadata ?? {},
    fieldViolations: fieldViolations.map(({ field, description }) => ({ field, description })),
    ...(delay === undefined
      ? {}
      : { retryAfterMs: Number(delay.seconds) * 1000 + delay.nanos / 1_000_000 }),
  };
}

// By shape and not by class: grpc-js makes plain errors, and a process may hold two copies of it.
function isServiceError(error: unknown): error is ServiceError {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "number" &&
    "details" in error &&
    typeof error.details === "string" &&
    "metadata" in error
  );
}

// grpc-message is percent-encoded whole by Connect, and grpc-js leaves reserved characters encoded.
function decoded(message: string): string {
  return message.replace(/%(?:2[3-6BCF]|3[ABDF]|40)/gi, decodeURIComponent);
}

function findDetailIn(error: ServiceError): FindDetail {
  const [packed] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!(packed instanceof Uint8Array)) return () => undefined;
  let details: Parameters<typeof anyUnpack>[0][];
  try {
    details = fromBinary(StatusSchema, packed).details;
  } catch {
    // A peer's details that cannot be read are as good as none; the code and message still hold.
    return () => undefined;
  }
  return (schema) => {
    for (const detail of details) {
      try {
        const found = anyUnpack(detail, schema);
        if (found !== undefined) return found;
      } catch {
        // As above, for one detail.
      }
    }
    return undefined;
  };
}
