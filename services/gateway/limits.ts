/** What clients may use of the gateway. Times in milliseconds, sizes in bytes. */
export type Limits = {
  /** The body of a request. */
  readonly bodyMaxBytes: number;
  /** Path and query: a hundred long ids fit. */
  readonly urlMaxBytes: number;
  /** The request line and all headers together. */
  readonly headersMaxBytes: number;
  /** How long a connection has for the headers of a request. */
  readonly headersMs: number;
  /** How long it has for the whole request. */
  readonly requestMs: number;
  /** How long the services behind have for their answer, a wait for `read_after` included. */
  readonly servicesMs: number;
  /** How long an answer may take in all, being read by the client included. */
  readonly answerMs: number;
  /** How long a connection may have no request: longer than load balancers keep theirs. */
  readonly keepAliveMs: number;
  /** Connections at a time. */
  readonly connectionsMax: number;
  /** Requests at a time, over all connections. */
  readonly requestsMax: number;
  /** Watchers at a time, who are not among the requests. */
  readonly watchersMax: number;
};

/** What the gateway allows. */
export const LIMITS: Limits = {
  bodyMaxBytes: 64 * 1024,
  urlMaxBytes: 8 * 1024,
  headersMaxBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 15_000,
  servicesMs: 5_000,
  answerMs: 30_000,
  keepAliveMs: 65_000,
  connectionsMax: 10_000,
  requestsMax: 1_000,
  watchersMax: 5_000,
};
