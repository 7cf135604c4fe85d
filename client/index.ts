export type { Backoff } from "./backoff.ts";
export { GivenUp, retried } from "./retried.ts";
export type { UploadProgress } from "./tally.ts";
export { type NewLine, type Upload, type UploadResult, uploadGame } from "./upload-game.ts";
export { watched } from "./watched.ts";
