/** How a server, or any process, ended: by an exit status or by a signal. */
export type ServerEnd = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A server that was seen to answer. */
export type RunningServer = {
  readonly name: "postgres" | "redis";
  readonly host: string;
  readonly port: number;
  /** Where clients connect, with the password: never for a log. */
  readonly url: string;
  readonly pid: number;
  /** Ends it in good order, by force after a while; resolves when it is gone. May be repeated. */
  stop(): Promise<void>;
  /** Sends it a signal and returns at once. Does nothing when it is gone. */
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<ServerEnd>;
};

/** What the two servers have in common to be told. */
export type ServerOptions = {
  /** Holds all that it keeps: data, password, log. Made when missing. One server a folder. */
  readonly folder: string;
  /** A free one when not given. */
  readonly port?: number;
  /** Settings of the server's own, by their names, over those that are set here. */
  readonly settings?: Readonly<Record<string, string>>;
};
