/** What those who call need, and nothing of what serves: all of this goes into the client's package. */
export { untilAborted } from "./aborts.ts";
export {
  type ClientOptions,
  type RpcClient,
  rpcClient,
  type StreamCall,
  type UnaryCall,
} from "./client.ts";
export type { ClientStream } from "./client-stream.ts";
export { failure, REASONS, type Reason } from "./errors.ts";
export { type FailedCall, isReason, reasonOf } from "./reason-of.ts";
