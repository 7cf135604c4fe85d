export { Durability, LineOutcome } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
export { type FailedCall, reasonOf } from "#runtime/rpc";
export type { Backoff } from "./backoff.ts";
export { encodeLine, type NewLine } from "./encoded.ts";
export { prospectUnattended } from "./failures.ts";
export { type Hole, OtherUpload } from "./identity.ts";
export { GivenUp, retried } from "./retried.ts";
export {
  DISK,
  type Disk,
  newChange,
  openSpool,
  type Spool,
  SpoolCorrupt,
  SpoolFull,
  SpoolInUse,
  type SpoolOptions,
  type Sync,
} from "./spool/index.ts";
export { SpoolBehind } from "./spooled-upload.ts";
export type { UploadProgress } from "./tally.ts";
export { openUplink, type Uplink, type UplinkGauges, type UplinkOptions } from "./uplink.ts";
export type { Acked, Refused, UplinkEvents } from "./uplink-events.ts";
export { type Upload, type UploadResult, uploadGame } from "./upload-game.ts";
export { watched } from "./watched.ts";
