export { type Deadline, deadlineOf } from "./aborts.ts";
export * from "./calling.ts";
export { type EncodedFields, encodedFields, takesBinary, withEncoded } from "./encoded.ts";
export { badRequest, DOMAIN, type FieldViolation, type Particulars } from "./errors.ts";
export { isServing } from "./health.ts";
export { LIMITS, type Limits } from "./limits.ts";
export { addressOf, type Place, placeOf } from "./place.ts";
export { type RpcOptions, type RpcServer, serveRpc } from "./serve.ts";
export { violationsIn } from "./validation.ts";
