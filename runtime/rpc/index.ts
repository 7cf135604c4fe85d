export { type Deadline, deadlineOf, eachMessage, untilAborted } from "./aborts.ts";
export {
  type ClientOptions,
  type RpcClient,
  rpcClient,
  type StreamCall,
  type UnaryCall,
} from "./client.ts";
export type { ClientStream } from "./client-stream.ts";
export {
  badRequest,
  DOMAIN,
  type FieldViolation,
  failure,
  type Particulars,
  REASONS,
  type Reason,
} from "./errors.ts";
export { isServing } from "./health.ts";
export { LIMITS, type Limits } from "./limits.ts";
export { addressOf, type Place, placeOf } from "./place.ts";
export { type FailedCall, isReason, reasonOf } from "./reason-of.ts";
export { type RpcOptions, type RpcServer, serveRpc } from "./serve.ts";
export { violationsIn } from "./validation.ts";
