import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { FieldViolation } from "#runtime/rpc";
import type { JsonSchema } from "./json.ts";
import { Refusal } from "./problems.ts";
import type { Rule, ValueOf } from "./rules.ts";

/** One parameter, of the path if its name stands there in braces, else of the query. */
export type Parameter<Value = unknown> = {
  readonly rule: Rule<Value>;
  /** What it is, for the document. */
  readonly about: string;
  readonly example?: unknown;
  /** True of one in the query that must be there; those of the path always are. */
  readonly isRequired?: boolean;
};

/** Parameters by name. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** What a request gave for some parameters. Those of the path are always there. */
export type Given<P extends Parameters> = {
  readonly [Name in keyof P]: ValueOf<P[Name]["rule"]> | undefined;
};

/** How the services behind are called for one request. */
export type Call = {
  /** The position that the client wants to be reached, or empty. */
  readonly readAfter: string;
  /** Handed to each call: ends it when the client has gone, or its time is up. */
  readonly options: { readonly signal: AbortSignal; readonly timeoutMs: number };
};

/** An answer, and for how many seconds a cache may keep it; 0 for not at all. */
export type Reply = { readonly message: Message; readonly maxAgeS: number };

/** What a route has whatever it does. */
type Head = {
  /** With parameters in braces. */
  readonly path: string;
  /** Names the operation in the document. */
  readonly id: string;
  readonly tag: string;
  /** What it does, as one sentence. */
  readonly summary: string;
  readonly parameters: Parameters;
  /** What is answered. */
  readonly answers: DescMessage;
};

/** A route that reads. */
export type ReadRoute = Head & {
  readonly kind: "read";
  readonly method: "GET";
  /** False where the answer is of no slot, and so has no position. */
  readonly hasPosition: boolean;
  reply(given: Readonly<Record<string, unknown>>, call: Call): Promise<Reply>;
};

/** A route that writes what its body says. */
export type WriteRoute = Head & {
  readonly kind: "write";
  readonly method: "PUT" | "POST";
  readonly body: { readonly schema: JsonSchema; readonly example: unknown };
  reply(given: Readonly<Record<string, unknown>>, body: unknown, call: Call): Promise<Message>;
};

/** How the service behind is called for one watcher. */
export type WatchCall = {
  /** The position of the last message that the watcher has, or empty. */
  readonly resumeAfter: string;
  readonly options: { readonly signal: AbortSignal };
};

/**
 * A route that goes on telling what changes. What it answers has a position, and is either `full` or
 * `changes`.
 */
export type WatchRoute = Head & {
  readonly kind: "watch";
  readonly method: "GET";
  watch(given: Readonly<Record<string, unknown>>, call: WatchCall): AsyncIterable<Message>;
};

/** One line of the table that routing, validation and the OpenAPI document are made from. */
export type Route = ReadRoute | WriteRoute | WatchRoute;

/** The query parameter that is the same as the header Courtside-Read-After. */
export const READ_AFTER_PARAMETER = "read_after";

/** The header by which a reader names the position to be reached first. */
export const READ_AFTER_HEADER = "Courtside-Read-After";

/** The query parameter that is the same as the header Last-Event-ID. */
export const RESUME_AFTER_PARAMETER = "resume_after";

/** The header by which a browser names the last event that it has. */
export const RESUME_AFTER_HEADER = "Last-Event-ID";

/** The header by which each answer names the position that it reflects. */
export const POSITION_HEADER = "Courtside-Position";

/** The headers by which an answer names the store that gave it, and the age of that one's newest entry. */
export const STORE_HEADER = "Courtside-Store";
export const AGE_HEADER = "Courtside-Age-Ms";

/**
 * What an answer to a read has in its headers and not in its body: it changes with every line of the
 * season, and the body, and with it the entity tag, only with what was asked for.
 */
export const IN_HEADERS: readonly string[] = ["position", "served"];

/** A route that reads, with the types of its parameters. */
export function read<const P extends Parameters>(
  spec: Omit<ReadRoute, "kind" | "method" | "reply" | "parameters" | "hasPosition"> & {
    readonly parameters: P;
    readonly hasPosition?: boolean;
    reply(given: Given<P>, call: Call): Promise<Reply>;
  },
): ReadRoute {
  return {
    hasPosition: true,
    ...spec,
    kind: "read",
    method: "GET",
    // Here and below what was read by the rules becomes the type of the rules.
    reply: (given, call) => spec.reply(given as Given<P>, call),
  };
}

/** A route that watches, with the types of its parameters. */
export function watch<const P extends Parameters>(
  spec: Omit<WatchRoute, "kind" | "method" | "watch" | "parameters"> & {
    readonly parameters: P;
    watch(given: Given<P>, call: WatchCall): AsyncIterable<Message>;
  },
): WatchRoute {
  return {
    ...spec,
    kind: "watch",
    method: "GET",
    watch: (given, call) => spec.watch(given as Given<P>, call),
  };
}

/** The parameter of the query that names a position on such a route, if it takes one. */
export function positionParameterOf(route: Route): string | undefined {
  if (route.kind === "watch") return RESUME_AFTER_PARAMETER;
  return route.kind === "read" && route.hasPosition ? READ_AFTER_PARAMETER : undefined;
}

/** A route that matches a path, and what stands there for its parameters. */
export type Match = { readonly route: Route; readonly texts: Readonly<Record<string, string>> };

/** All routes of a path, one a method; empty when there is none. */
export function matching(routes: readonly Route[], path: string): Match[] {
  const parts = path.split("/");
  return routes.flatMap((route) => {
    const texts = textsIn(route.path.split("/"), parts);
    return texts === undefined ? [] : [{ route, texts }];
  });
}

/** The parameters in a path, in order. */
export function namesIn(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

function textsIn(template: readonly string[], parts: readonly string[]) {
  if (template.length !== parts.length) return undefined;
  const texts: Record<string, string> = {};
  for (const [at, expected] of template.entries()) {
    const part = parts[at] ?? "";
    const [name] = namesIn(expected);
    if (name === undefined ? part !== expected : part === "") return undefined;
    if (name !== undefined) texts[name] = part;
  }
  return texts;
}

/**
 * What a request gave for a route's parameters. Throws a Refusal that names each one that is wrong,
 * unknown, or there twice: none is overlooked in silence.
 */
export function givenFor({ route, texts }: Match, query: URLSearchParams) {
  const errors: FieldViolation[] = [];
  const given: Record<string, unknown> = {};
  const take = (name: string, text: string) => {
    const rule = route.parameters[name]?.rule;
    if (rule === undefined) return;
    const meant = rule.isNumeric && /^[0-9]{1,16}$/.test(text) ? Number(text) : text;
    const reading = rule.read(meant);
    if ("fault" in reading) errors.push({ field: name, description: reading.fault });
    else given[name] = reading.value;
  };
  for (const [name, text] of Object.entries(texts)) {
    const part = decoded(text);
    if (part !== undefined) take(name, part);
    else errors.push({ field: name, description: "is not percent-encoded UTF-8" });
  }
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    if (name === positionParameterOf(route)) continue;
    if (!Object.hasOwn(route.parameters, name) || name in texts) {
      errors.push({ field: name, description: "is no parameter of this path" });
    } else if (values.length > 1) {
      errors.push({ field: name, description: "is there more than once" });
    } else if (values[0] !== undefined && values[0] !== "") take(name, values[0]);
  }
  for (const [name, { isRequired }] of Object.entries(route.parameters)) {
    if (isRequired && !query.get(name)) errors.push({ field: name, description: "must be there" });
  }
  if (errors.length > 0) throw wrong(errors);
  return given;
}

// The same as the services name at most.
const ERRORS_MAX = 16;

/** The refusal of a request of which some fields are wrong: names the first 16, counts the others. */
export function wrong(errors: readonly FieldViolation[]): Refusal {
  const named = errors.slice(0, ERRORS_MAX);
  const names = named.map(({ field }) => field).join(", ");
  const others = errors.length - named.length;
  const more = others > 0 ? ` and ${others} more` : "";
  return new Refusal(400, `Wrong in this request: ${names}${more}.`, { errors: named });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
