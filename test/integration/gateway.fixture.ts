import { request as send } from "node:http";
import { pagesFor } from "../../services/gateway/pages.ts";
import { routesOver } from "../../services/gateway/routes.ts";
import { type GatewayOptions, serveGateway } from "../../services/gateway/serve.ts";
import type { TestMesh } from "./mesh.fixture.ts";
import { SILENT } from "./stores.fixture.ts";

/** The season that the gateway takes for the current one: no other test counts in it. */
export const CURRENT = "2031-32";

/** A gateway over a mesh of a test. */
export async function startGateway(
  mesh: Pick<TestMesh, "ingest" | "stats" | "leaderboard">,
  options: Partial<GatewayOptions> = {},
) {
  const routes = routesOver({ ...mesh, season: CURRENT, now: Date.now });
  const gateway = await serveGateway({
    listen: "127.0.0.1:0",
    routes,
    pages: pagesFor(routes),
    origins: ["*"],
    log: SILENT,
    drainMs: 1_000,
    ...options,
  });
  const url = `http://${gateway.address}`;
  return {
    ...gateway,
    url,
    routes,
    get: (path: string, headers: Record<string, string> = {}) => answerOf(url + path, { headers }),
    put: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      answerOf(url + path, withBody("PUT", body, headers)),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      answerOf(url + path, withBody("POST", body, headers)),
    /** What a fetch cannot say, such as a path that it would put right. */
    raw: (method: string, path: string, headers: Record<string, string> = {}) =>
      new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]> }>(
        (resolve, reject) => {
          const [host, port] = gateway.address.split(":");
          const request = send({ host, port, method, path, headers, agent: false }, (response) => {
            response.resume();
            resolve({ status: response.statusCode, headers: response.headers });
          });
          request.on("error", reject);
          request.end();
        },
      ),
  };
}

/** A running {@link startGateway}. */
export type TestGateway = Awaited<ReturnType<typeof startGateway>>;

/** The answer to a request; `body` is undefined where it is no JSON. */
export async function answerOf(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  const text = await response.text();
  // The shape of an answer is what the tests are about.
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects.
  let body: any;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return { status: response.status, headers: response.headers, text, body };
}

function withBody(method: string, body: unknown, headers: Record<string, string>): RequestInit {
  return {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
