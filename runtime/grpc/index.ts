export { Call } from "./call.ts";
export { closeWhenAnswered } from "./closing.ts";
export { type Frame, framed } from "./frames.ts";
export { Requests } from "./requests.ts";
export { RunningCalls } from "./running-calls.ts";
