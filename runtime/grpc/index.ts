export { Call } from "./call.ts";
export { type Frame, framed } from "./frames.ts";
export { Requests } from "./requests.ts";
