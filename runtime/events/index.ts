export { type Events, eventQueue } from "./events.ts";
