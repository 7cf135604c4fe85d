import pg from "pg";
import type { PostgresServer } from "#runtime/config";
import { CONNECT_MS_MAX, type Role, type Route, WHO } from "./route.ts";

/** How long a new connection may take to say what its server is, in ms. */
const WHO_MS_MAX = 1_000;

// The server is a standby, is going or coming, or the connection to it is broken.
const SQLSTATES_GONE = /^(25006|57P0[123]|08...)$/;

/**
 * A client whose connection goes where a route leads, and breaks when that leads elsewhere. One for
 * writing makes sure that it reached the primary before anybody uses it.
 */
export class RoutedClient extends pg.Client {
  readonly #route: Route;
  #isEnding = false;

  constructor(route: Route, config: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_MS_MAX });
    this.#route = route;
    // Whoever holds it meets the error with the next statement; without a listener Node would end.
    this.on("error", () => {});
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error | null, client?: pg.Client) => void): void;
  override connect(callback?: (error: Error | null, client?: pg.Client) => void) {
    const connected = this.#connect();
    if (callback === undefined) return connected;
    connected.then(
      (client) => callback(null, client),
      (error: Error) => callback(error),
    );
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void) {
    this.#isEnding = true;
    return callback === undefined ? super.end() : super.end(callback);
  }

  async #connect(): Promise<pg.Client> {
    const server = await this.#route.server();
    this.host = server.host;
    this.port = server.port;
    this.#follow(server);
    try {
      await super.connect();
      await this.#checkRole(server, this.#route.role);
      return this;
    } catch (error) {
      this.#route.doubt(server);
      void this.end();
      throw error;
    }
  }

  #follow(server: PostgresServer): void {
    const leave = this.#route.add(server, () => this.connection.stream.destroy());
    this.connection.on("errorMessage", ({ code = "" }: { code?: string }) => {
      if (SQLSTATES_GONE.test(code)) this.#route.doubt(server);
    });
    this.once("end", () => {
      leave();
      if (!this.#isEnding) this.#route.doubt(server);
    });
  }

  async #checkRole(server: PostgresServer, role: Role): Promise<void> {
    if (role === "reader") return;
    const asked = { text: WHO, query_timeout: WHO_MS_MAX };
    const { rows } = await this.query<{ isStandby: boolean; timeline: number }>(asked);
    const [who] = rows;
    if (who !== undefined) this.#route.check({ server, ...who });
  }
}
