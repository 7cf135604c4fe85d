import type { Child } from "./child.ts";

/** A server that was seen to answer, and how to stop it. */
export type RunningServer = Child & {
  readonly name: "postgres" | "redis";
  readonly host: string;
  readonly port: number;
  /** Where clients connect, with the password: never for a log. */
  readonly url: string;
};

/** What the two servers have in common to be told. */
export type ServerOptions = {
  /** Holds all that it keeps: data, password, log. Made when missing. One server a folder. */
  readonly folder: string;
  /** A free one when not given. */
  readonly port?: number;
  /** Settings of the server's own, by their names, over those that are set here. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The password where several servers have to have the same; else one is made at random. */
  readonly password?: string;
};

/** Starts a server of a group: at the port given when it ran before, since others know it by that. */
export type StartServer = (port?: number) => Promise<RunningServer>;

/** Has a server of a group started, under the name that it has there, and may keep it running. */
export type RunServer = (name: string, start: StartServer) => Promise<RunningServer>;

/** What a group of servers is told. */
export type GroupOptions = {
  /** Holds all that the servers keep. Made when missing. */
  readonly folder: string;
  /** Runs each server; each is only started unless given. */
  readonly run?: RunServer;
};

/** Several servers that are one store. */
export type ServerGroup = {
  /** Where clients connect, as a setting of the services says it: never for a log. */
  readonly url: string;
  /** By name, such as "redis-1" or "sentinel-2". */
  readonly servers: ReadonlyMap<string, RunningServer>;
  /** Ends all of them. */
  stop(): Promise<void>;
};
