import { once as onceEmitted } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Message } from "@bufbuild/protobuf";
import type { Log } from "#runtime/log";
import { readBody } from "./body.ts";
import { etagOf, isNamedIn } from "./caching.ts";
import { eventOf, farewellOf, isTemporary } from "./events.ts";
import { jsonOf } from "./json.ts";
import type { Limits } from "./limits.ts";
import { type Problem, problemOf, Refusal } from "./problems.ts";
import {
  AGE_HEADER,
  type Call,
  givenFor,
  IN_HEADERS,
  matching,
  POSITION_HEADER,
  READ_AFTER_HEADER,
  READ_AFTER_PARAMETER,
  RESUME_AFTER_HEADER,
  RESUME_AFTER_PARAMETER,
  type ReadRoute,
  type Route,
  STORE_HEADER,
  type WatchCall,
  type WatchRoute,
  type WriteRoute,
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
  /** Aborts when the gateway is going away. */
  readonly draining: AbortSignal;
};

type Headers = Readonly<Record<string, string>>;
type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string | AsyncIterable<string>;
};

/** Where whoever runs the gateway asks whether it takes requests. */
export const HEALTH_PATH = "/healthz";

const EXPOSED = [POSITION_HEADER, STORE_HEADER, AGE_HEADER, "ETag", "Retry-After"];
const JSON_TYPE = "application/json";
const PAGE_MAX_AGE_S = 300;
const PREFLIGHT_MAX_AGE_S = 600;
// As the .proto has it.
const POSITION_MAX_CHARACTERS = 512;

/** Answers one request. Never throws: what fails is answered as a problem. */
export function edge(options: EdgeOptions) {
  const { limits, log, origins } = options;
  let running = 0;
  let watching = 0;

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    const late = setTimeout(() => response.destroy(), limits.answerMs);
    let leave = entered();
    response.once("close", () => {
      leave();
      clearTimeout(late);
      gone.abort();
    });
    try {
      const answer = await answered(request, response, gone.signal);
      writeHead(request, response, answer);
      if (typeof answer.body === "string") {
        response.end(hasBody(request, answer) ? answer.body : "");
        return;
      }
      clearTimeout(late);
      leave();
      leave = begun();
      await sendAll(response, answer.body, limits.answerMs, gone.signal);
    } catch (error) {
      if (!gone.signal.aborted) log.error({ err: error }, "answer failed");
      response.destroy();
    }
  };

  function entered() {
    running += 1;
    return once(() => {
      running -= 1;
    });
  }
  function begun() {
    watching += 1;
    return once(() => {
      watching -= 1;
    });
  }

  /** The answer, or the problem in its place. */
  async function answered(request: IncomingMessage, response: ServerResponse, gone: AbortSignal) {
    try {
      if (running > limits.requestsMax) throw tooMany("requests");
      const answer = await answerTo(request, response, options, gone);
      if (typeof answer.body === "string" || watching < limits.watchersMax) return answer;
      // The call behind it ends when this answer has been sent, as any that a client has left.
      throw tooMany("watchers");
    } catch (error) {
      const problem = problemOf(error);
      if (!gone.aborted) logUnexpected(log, error, problem);
      return problemAnswer(problem);
    }
  }

  function writeHead(request: IncomingMessage, response: ServerResponse, answer: Answer) {
    const { status, headers, body } = answer;
    // What was not read of a request would be taken for the next one's beginning, or read for nothing.
    const isLast = !request.complete || options.draining.aborted;
    const isWhole = typeof body === "string" && ![204, 304].includes(status);
    response.writeHead(status, {
      ...headers,
      ...corsHeaders(request, origins, headers.Vary),
      ...(isWhole && { "Content-Length": String(Buffer.byteLength(body)) }),
      "X-Content-Type-Options": "nosniff",
      ...(isLast && { Connection: "close" }),
    });
  }
}

// Those that are expected were logged where they came from.
function logUnexpected(log: Log, error: unknown, { body }: Problem): void {
  if (body.status === 500) log.error({ err: error }, "request failed");
}

function hasBody({ method }: IncomingMessage, { status }: Answer): boolean {
  return method !== "HEAD" && status !== 204 && status !== 304;
}

// A client that does not read is waited for, and after `stallMs` cut: nothing is queued for it here.
async function sendAll(
  response: ServerResponse,
  texts: AsyncIterable<string>,
  stallMs: number,
  gone: AbortSignal,
): Promise<void> {
  for await (const text of texts) {
    if (gone.aborted) return;
    if (response.write(text)) continue;
    const signal = AbortSignal.any([gone, AbortSignal.timeout(stallMs)]);
    const isDrained = await onceEmitted(response, "drain", { signal }).then(
      () => true,
      () => false,
    );
    if (isDrained) continue;
    response.destroy();
    return;
  }
  response.end();
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
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
  if (path === HEALTH_PATH) return healthAnswer(options.draining.aborted);
  const page = pages.get(path);
  const matches = matching(options.routes, path);
  if (page === undefined && matches.length === 0) {
    throw new Refusal(404, "There is nothing at this path: /openapi.json lists what there is.");
  }
  const methods = page ? ["GET"] : matches.map(({ route }) => route.method);
  const allowed = allowedOf(
    methods,
    matches.some(({ route }) => route.kind === "watch"),
  );
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
  const { route } = match;
  if (route.kind === "watch") {
    const call = {
      resumeAfter: resumeAfterOf(request, query),
      options: { signal: AbortSignal.any([signal, options.draining]) },
    };
    return watchAnswer(request, route, given, call, options.log);
  }
  const call = { readAfter: "", options: { signal, timeoutMs: limits.servicesMs } };
  if (route.kind === "write") {
    return writeAnswer(request, response, route, given, call, limits);
  }
  const readAfter = route.hasPosition ? readAfterOf(request, query) : "";
  return readAnswer(request, route, given, { ...call, readAfter });
}

async function readAnswer(
  request: IncomingMessage,
  route: ReadRoute,
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
  route: WriteRoute,
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
function tagged(request: IncomingMessage, answer: Answer & { readonly body: string }): Answer {
  const etag = etagOf(answer.body);
  const headers = { ...answer.headers, ETag: etag };
  const isKnown = isNamedIn(request.headers["if-none-match"], etag);
  return { ...answer, headers, status: isKnown ? 304 : answer.status };
}

/** The answer to a watcher: its first message decides about the status. */
async function watchAnswer(
  request: IncomingMessage,
  route: WatchRoute,
  given: Readonly<Record<string, unknown>>,
  call: WatchCall,
  log: Log,
): Promise<Answer> {
  const messages = route.watch(given, call)[Symbol.asyncIterator]();
  const headers = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    // Else nginx keeps events until its buffer is full.
    "X-Accel-Buffering": "no",
  };
  try {
    const { value: first, done } = await messages.next();
    if (done) throw new Error("a watch ended without a message");
    const { position } = jsonOf(route.answers, first);
    const body = eventsOf(route, first, messages, log);
    return { status: 200, headers: { ...headers, [POSITION_HEADER]: String(position) }, body };
  } catch (error) {
    // A browser that was told 503 once never comes back by itself.
    const isBack = headerOf(request, RESUME_AFTER_HEADER) !== undefined;
    if (!isBack || !isTemporary(error)) throw error;
    return { status: 200, headers, body: farewellOf(error) };
  }
}

async function* eventsOf(
  { answers }: WatchRoute,
  first: Message,
  messages: AsyncIterator<Message>,
  log: Log,
): AsyncGenerator<string> {
  try {
    yield eventOf(answers, first);
    for (;;) {
      const { value, done } = await messages.next();
      if (done) return;
      yield eventOf(answers, value);
    }
  } catch (error) {
    logUnexpected(log, error, problemOf(error));
    yield farewellOf(error);
  } finally {
    await messages.return?.();
  }
}

/** The position that a reader names in header or query. Two that differ are refused: both cannot be meant. */
function readAfterOf(request: IncomingMessage, query: URLSearchParams): string {
  const header = headerOf(request, READ_AFTER_HEADER);
  const named = new Set([...(header === undefined ? [] : [header]), ...query.getAll("read_after")]);
  return positionIn(READ_AFTER_PARAMETER, [...named]);
}

/** The same of a watcher. Browsers come back with the old query: the header is the newer one. */
function resumeAfterOf(request: IncomingMessage, query: URLSearchParams): string {
  const header = headerOf(request, RESUME_AFTER_HEADER);
  const named = header === undefined ? query.getAll(RESUME_AFTER_PARAMETER) : [header];
  return positionIn(RESUME_AFTER_PARAMETER, named);
}

function positionIn(field: string, [position = "", ...others]: readonly string[]): string {
  if (others.length === 0 && position.length <= POSITION_MAX_CHARACTERS) return position;
  throw wrong([{ field, description: "must be one position, as it was returned" }]);
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return value === undefined ? undefined : String(value);
}

function allowedOf(methods: readonly string[], isWatch: boolean): string[] {
  const both = methods.flatMap((one) => (one === "GET" && !isWatch ? ["GET", "HEAD"] : [one]));
  return [...both, "OPTIONS"];
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

function tooMany(what: string): Refusal {
  const headers = { "Retry-After": "1" };
  return new Refusal(503, `There are more ${what} than may be at a time.`, { headers });
}
