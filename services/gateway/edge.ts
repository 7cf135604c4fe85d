import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "#runtime/log";
import { readBody } from "./body.ts";
import { etagOf, isNamedIn } from "./caching.ts";
import { jsonOf } from "./json.ts";
import type { Limits } from "./limits.ts";
import { type Problem, problemOf, Refusal } from "./problems.ts";
import {
  AGE_HEADER,
  type Call,
  givenFor,
  IN_HEADERS,
  type Match,
  matching,
  POSITION_HEADER,
  READ_AFTER_HEADER,
  READ_AFTER_PARAMETER,
  type Route,
  STORE_HEADER,
  wrong,
} from "./route.ts";

/** A text that is served as it is, such as the document. */
export type Page = {
  readonly contentType: string;
  readonly text: string;
  readonly headers?: Headers;
};

/** What the edge answers requests with. */
export type EdgeOptions = {
  readonly routes: readonly Route[];
  /** By path. */
  readonly pages: ReadonlyMap<string, Page>;
  /** The web origins that may read; "*" among them for all. */
  readonly origins: readonly string[];
  readonly limits: Limits;
  readonly log: Log;
  /** True once the gateway is going away. */
  readonly isDraining: () => boolean;
};

type Headers = Readonly<Record<string, string>>;
type Answer = { readonly status: number; readonly headers: Headers; readonly body: string };

/** Where whoever runs the gateway asks whether it takes requests. */
export const HEALTH_PATH = "/healthz";

const EXPOSED = [POSITION_HEADER, STORE_HEADER, AGE_HEADER, "ETag", "Retry-After"];
const JSON_TYPE = "application/json";
const PAGE_MAX_AGE_S = 300;
const PREFLIGHT_MAX_AGE_S = 600;
// Longer than a position is (512 bytes in the .proto).
const POSITION_MAX_CHARACTERS = 512;

/** Answers one request. Never throws: what fails is answered as a problem. */
export function edge(options: EdgeOptions) {
  const { limits, log, origins } = options;
  let running = 0;

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    const late = setTimeout(() => response.destroy(), limits.answerMs);
    running += 1;
    response.once("close", () => {
      running -= 1;
      clearTimeout(late);
      gone.abort();
    });
    let answer: Answer;
    try {
      if (running > limits.requestsMax) throw tooMany();
      answer = await answerTo(request, response, options, gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return;
      const problem = problemOf(error);
      const { status } = problem.body;
      // Expected ones were logged where they came from.
      if (status === 500) log.error({ err: error, method: request.method }, "request failed");
      answer = problemAnswer(problem);
    }
    // What was not read of a request would be taken for the next one's beginning, or read for nothing.
    const isLast = !request.complete || options.isDraining();
    const hasBody = answer.status !== 204 && answer.status !== 304;
    response.writeHead(answer.status, {
      ...answer.headers,
      ...corsHeaders(request, origins, answer.headers.Vary),
      ...(hasBody && { "Content-Length": String(Buffer.byteLength(answer.body)) }),
      "X-Content-Type-Options": "nosniff",
      ...(isLast && { Connection: "close" }),
    });
    response.end(hasBody && request.method !== "HEAD" ? answer.body : "");
  };
}

async function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  options: EdgeOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const { limits, pages } = options;
  const { url = "", method = "" } = request;
  if (url.length > limits.urlMaxBytes) {
    throw new Refusal(414, `Path and query may have ${limits.urlMaxBytes} bytes.`);
  }
  const [path = "", ...queries] = url.split("?");
  if (path === HEALTH_PATH) return healthAnswer(options.isDraining());
  const page = pages.get(path);
  const matches = matching(options.routes, path);
  if (page === undefined && matches.length === 0) {
    throw new Refusal(404, "There is nothing at this path: /openapi.json lists what there is.");
  }
  const methods = page ? ["GET"] : matches.map(({ route }) => route.method);
  const allowed = allowedOf(methods);
  if (method === "OPTIONS") return preflight(allowed);
  if (!allowed.includes(method)) {
    const Allow = allowed.join(", ");
    throw new Refusal(405, `This path takes ${Allow}.`, { headers: { Allow } });
  }
  if (page !== undefined) return pageAnswer(request, page);
  const meant = method === "HEAD" ? "GET" : method;
  const match = matches.find(({ route }) => route.method === meant);
  if (match === undefined) throw new Error(`no route for ${method} ${path}`);
  const query = new URLSearchParams(queries.join("?"));
  const given = givenFor(match, query);
  const call = {
    readAfter: readAfterOf(request, match, query),
    options: { signal, timeoutMs: limits.servicesMs },
  };
  return match.route.method === "GET"
    ? readAnswer(request, match.route, given, call)
    : writeAnswer(request, response, match.route, given, call, limits);
}

async function readAnswer(
  request: IncomingMessage,
  route: Extract<Route, { method: "GET" }>,
  given: Readonly<Record<string, unknown>>,
  call: Call,
): Promise<Answer> {
  const { message, maxAgeS } = await route.reply(given, call);
  const said = jsonOf(route.answers, message);
  const inBody = Object.entries(said).filter(([name]) => !IN_HEADERS.includes(name));
  const body = JSON.stringify(Object.fromEntries(inBody));
  const headers = {
    ...(route.hasPosition && { ...progressHeaders(said), Vary: READ_AFTER_HEADER }),
    "Cache-Control": call.readAfter === "" ? `public, max-age=${maxAgeS}` : "no-store",
  };
  return tagged(request, { status: 200, headers: { ...headers, "Content-Type": JSON_TYPE }, body });
}

function progressHeaders({ position, served }: { [name: string]: unknown }): Headers {
  const { store, ageMs } = { ...(served as { store?: string; ageMs?: number } | undefined) };
  return {
    [POSITION_HEADER]: String(position ?? ""),
    ...(store !== undefined && { [STORE_HEADER]: store, [AGE_HEADER]: String(ageMs) }),
  };
}

async function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  route: Exclude<Route, { method: "GET" }>,
  given: Readonly<Record<string, unknown>>,
  call: Call,
  limits: Limits,
): Promise<Answer> {
  const said = await readBody(request, response, limits.bodyMaxBytes);
  const body = jsonOf(route.answers, await route.reply(given, said, call));
  const headers = {
    [POSITION_HEADER]: String(body.position),
    "Cache-Control": "no-store",
    "Content-Type": JSON_TYPE,
  };
  return { status: 200, headers, body: JSON.stringify(body) };
}

/** The answer with its entity tag, or 304 if the client has it. */
function tagged(request: IncomingMessage, answer: Answer): Answer {
  const etag = etagOf(answer.body);
  const headers = { ...answer.headers, ETag: etag };
  const isKnown = isNamedIn(request.headers["if-none-match"], etag);
  return { ...answer, headers, status: isKnown ? 304 : answer.status };
}

function readAfterOf(request: IncomingMessage, { route }: Match, query: URLSearchParams): string {
  if (route.method !== "GET" || !route.hasPosition) return "";
  const header = request.headers[READ_AFTER_HEADER.toLowerCase()];
  const named = [...(header === undefined ? [] : [String(header)]), ...query.getAll("read_after")];
  const [position = "", ...others] = new Set(named);
  if (others.length > 0 || position.length > POSITION_MAX_CHARACTERS) {
    const description = "must be one position, as it was returned";
    throw wrong([{ field: READ_AFTER_PARAMETER, description }]);
  }
  return position;
}

function allowedOf(methods: readonly string[]): string[] {
  return [...methods.flatMap((one) => (one === "GET" ? ["GET", "HEAD"] : [one])), "OPTIONS"];
}

// Reading alone: who writes from a page of another origin is refused by its browser.
function preflight(allowed: readonly string[]): Answer {
  const headers = {
    Allow: allowed.join(", "),
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": `${READ_AFTER_HEADER}, If-None-Match, Last-Event-ID`,
    "Access-Control-Max-Age": String(PREFLIGHT_MAX_AGE_S),
  };
  return { status: 204, headers, body: "" };
}

function corsHeaders(request: IncomingMessage, origins: readonly string[], vary = ""): Headers {
  // Of writes no page of another origin learns anything, and the browser does not let it try.
  if (!["GET", "HEAD", "OPTIONS"].includes(request.method ?? "")) return {};
  const exposed = { "Access-Control-Expose-Headers": EXPOSED.join(", ") };
  if (origins.includes("*")) return { "Access-Control-Allow-Origin": "*", ...exposed };
  // Named whoever asks: a cache must not give the answer of one origin to another.
  const varied = { Vary: vary === "" ? "Origin" : `${vary}, Origin` };
  const allowed = origins.find((one) => one === request.headers.origin);
  if (allowed === undefined) return varied;
  return { "Access-Control-Allow-Origin": allowed, ...exposed, ...varied };
}

function pageAnswer(request: IncomingMessage, { text, contentType, headers }: Page): Answer {
  return tagged(request, {
    status: 200,
    headers: {
      ...headers,
      "Content-Type": contentType,
      "Cache-Control": `public, max-age=${PAGE_MAX_AGE_S}`,
    },
    body: text,
  });
}

function healthAnswer(isDraining: boolean): Answer {
  const headers = { "Content-Type": "text/plain", "Cache-Control": "no-store" };
  return isDraining
    ? { status: 503, headers, body: "going away\n" }
    : { status: 200, headers, body: "serving\n" };
}

function problemAnswer({ body, headers }: Problem): Answer {
  return {
    status: body.status,
    headers: {
      ...headers,
      "Content-Type": "application/problem+json",
      "Cache-Control": "no-store",
    },
    body: JSON.stringify(body),
  };
}

function tooMany(): Refusal {
  const headers = { "Retry-After": "1" };
  return new Refusal(503, "More requests run than may at a time.", { headers });
}
