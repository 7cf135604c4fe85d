import type { Server } from "./network.ts";

/** The servers of the world. A client of Redis has one connection; of Postgres one for each statement under way. */
export const POSTGRES: Server = { name: "postgres", ordered: false };
export const REDIS: Server = { name: "redis", ordered: true };
