/** Lines on disk, before they are safe elsewhere. */
export { type Change, newChange } from "./change.ts";
export { DISK, type Disk, type OpenFile } from "./disk.ts";
export { SpoolInUse } from "./lock.ts";
export type { ReadRecord } from "./reader.ts";
export { PAYLOAD_BYTES_MAX, type SpoolRecord } from "./record.ts";
export { SpoolCorrupt } from "./segments.ts";
export { openSpool, type Spool, type SpoolGauges, type SpoolOptions } from "./spool.ts";
export { SpoolFull, type Sync } from "./writer.ts";
