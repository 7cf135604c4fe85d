/** What one peer may use of a server. Times in milliseconds, sizes in bytes. */
export type Limits = {
  /** The largest message read, after inflation. */
  readonly readMaxBytes: number;
  /** The largest message written: what a grpc client takes unless told otherwise. */
  readonly writeMaxBytes: number;
  /** Connections at a time. */
  readonly connectionsMax: number;
  /** Calls at a time on one connection. */
  readonly streamsMax: number;
  /** All headers of one call together; 64 KiB until the peer has acknowledged our settings. */
  readonly headerListMaxBytes: number;
  /** Headers of one call. */
  readonly headerPairsMax: number;
  /** What a peer may send ahead of being read, on one call. */
  readonly streamWindowBytes: number;
  /** The same on one connection. */
  readonly sessionWindowBytes: number;
  /** What one connection may make Node hold, answers that wait to be read among it. */
  readonly sessionMemoryMaxMb: number;
  /** Cancelled calls on one connection: so many at once … */
  readonly resetBurst: number;
  /** … and so many a second, or the connection is closed (CVE-2023-44487). */
  readonly resetsPerSecond: number;
  /** How long a new connection has for its first HTTP/2 frame. */
  readonly prefaceMs: number;
  /** How long a call has for its first message, and a unary one for the whole request. */
  readonly requestMs: number;
  /** The longest that a unary call runs, whatever deadline it names. */
  readonly unaryMaxMs: number;
  /** How long a message of a stream of answers may wait for its peer to take it. */
  readonly unreadMs: number;
  /** How often a connection is asked whether it is alive. */
  readonly pingMs: number;
  /** How long it has to say so. */
  readonly pongMs: number;
  /** How long a connection may have no call before it is closed. */
  readonly idleMs: number;
  /** How long a connection takes new calls, give or take a tenth, so that clients spread again. */
  readonly ageMs: number;
};

/** What the services of the mesh allow each other. */
export const LIMITS: Limits = {
  readMaxBytes: 1024 * 1024,
  writeMaxBytes: 4 * 1024 * 1024,
  connectionsMax: 10_000,
  streamsMax: 256,
  headerListMaxBytes: 16 * 1024,
  headerPairsMax: 64,
  streamWindowBytes: 256 * 1024,
  sessionWindowBytes: 1024 * 1024,
  // 256 answers of a few ten kilobytes may wait at once, and a call beyond this is refused.
  sessionMemoryMaxMb: 16,
  // A peer that loses its own callers cancels all it has open at once: above streamsMax.
  resetBurst: 512,
  resetsPerSecond: 64,
  prefaceMs: 5_000,
  requestMs: 10_000,
  unaryMaxMs: 30_000,
  unreadMs: 60_000,
  pingMs: 20_000,
  pongMs: 10_000,
  idleMs: 90_000,
  ageMs: 30 * 60_000,
};
