import { STATUS_CODES } from "node:http";
import { REASONS } from "#runtime/rpc";
import { type JsonSchema, schemaOf } from "./json.ts";
import { PROBLEM_STATUSES } from "./problems.ts";
import {
  AGE_HEADER,
  IN_HEADERS,
  namesIn,
  POSITION_HEADER,
  READ_AFTER_HEADER,
  READ_AFTER_PARAMETER,
  type Route,
  STORE_HEADER,
} from "./route.ts";

/** Of the paths: what is removed or means something else gets a new one. */
const VERSION = "1.0.0";

/** The OpenAPI 3.1 document of the routes. */
export function openApiOf(routes: readonly Route[]): JsonSchema {
  const schemas = new Map<string, JsonSchema>([["Problem", PROBLEM]]);
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    const operation = operationOf(route, schemas);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Courtside",
      version: VERSION,
      description: ABOUT,
    },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      headers: HEADERS,
      parameters: READ_AFTER,
      responses: { Problem: PROBLEM_RESPONSE },
    },
  };
}

const ABOUT = `Live basketball statistics, current to the last play. Every answer about a season names the \
position that it reflects in the header ${POSITION_HEADER}; a reader who sends it back as \
${READ_AFTER_HEADER} is answered from there on, or not at all. A statistic that is absent is unknown, not 0.`;

const HEADERS: Readonly<Record<string, JsonSchema>> = {
  [POSITION_HEADER]: {
    description: "What the answer reflects: opaque, to be sent back as it is.",
    schema: { type: "string" },
  },
  [STORE_HEADER]: {
    description:
      "The store that it was read from: the archive where the hot store could not answer.",
    schema: { type: "string", enum: ["hot-store", "archive"] },
  },
  [AGE_HEADER]: {
    description: "How long ago the newest entry that it reflects was recorded, in milliseconds.",
    schema: { type: "integer", minimum: 0 },
  },
};

const READ_AFTER: Readonly<Record<string, JsonSchema>> = {
  ReadAfterHeader: {
    name: READ_AFTER_HEADER,
    in: "header",
    description: "A position to be reached first.",
    schema: { type: "string", maxLength: 512 },
  },
  ReadAfterQuery: {
    name: READ_AFTER_PARAMETER,
    in: "query",
    description: "The same, for those who cannot send headers.",
    schema: { type: "string", maxLength: 512 },
  },
};

const PROBLEM: JsonSchema = {
  type: "object",
  description: "RFC 9457.",
  properties: {
    type: {
      type: "string",
      format: "uri-reference",
      description: "Names the kind for good, by domain and reason; about:blank without a reason.",
    },
    title: { type: "string" },
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: { type: "string", description: "One sentence for a person." },
    // A reason newer than this list may come.
    reason: { type: "string", examples: Object.keys(REASONS) },
    metadata: { type: "object", additionalProperties: { type: "string" } },
    errors: {
      type: "array",
      description: "Each field, parameter or header that is wrong; at most 16.",
      items: {
        type: "object",
        properties: { field: { type: "string" }, description: { type: "string" } },
        required: ["field", "description"],
      },
    },
  },
  required: ["type", "title", "status"],
};

const PROBLEM_RESPONSE: JsonSchema = {
  description: "What kept the request from being answered.",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

// What the edge itself refuses, beside what the services behind answer.
const OWN_STATUSES = { GET: [414], write: [413, 415] };

function operationOf(route: Route, schemas: Map<string, JsonSchema>): JsonSchema {
  const { id, tag, summary, answers } = route;
  const schema = schemaOf(answers, schemas);
  if (route.method === "GET") dropWhatIsInHeaders(answers.name, schemas);
  const own = route.method === "GET" ? OWN_STATUSES.GET : OWN_STATUSES.write;
  const names =
    route.method !== "GET" ? [POSITION_HEADER] : route.hasPosition ? Object.keys(HEADERS) : [];
  const headers = names.map((name) => [name, { $ref: `#/components/headers/${name}` }]);
  const problems = [...PROBLEM_STATUSES, ...own]
    .sort()
    .map((status) => [
      String(status),
      { ...PROBLEM_RESPONSE, description: STATUS_CODES[status] ?? "" },
    ]);
  return {
    operationId: id,
    tags: [tag],
    summary,
    parameters: parametersOf(route),
    ...(route.method !== "GET" && {
      requestBody: {
        required: true,
        content: {
          "application/json": { schema: route.body.schema, example: route.body.example },
        },
      },
    }),
    responses: {
      "200": {
        description: summary,
        ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
        content: { "application/json": { schema } },
      },
      ...(route.method === "GET" && {
        "304": { description: "As the client has it, by If-None-Match." },
      }),
      ...Object.fromEntries(problems),
    },
  };
}

function parametersOf(route: Route): JsonSchema[] {
  const inPath = namesIn(route.path);
  const own = Object.entries(route.parameters).map(([name, one]) => ({
    name,
    in: inPath.includes(name) ? "path" : "query",
    required: inPath.includes(name) || one.isRequired === true,
    description: one.about,
    // Several are one text with commas between them.
    ...(one.rule.schema.type === "array" && { style: "form", explode: false }),
    schema: one.rule.schema,
    ...(one.example !== undefined && { example: one.example }),
  }));
  if (route.method !== "GET" || !route.hasPosition) return own;
  const names = Object.keys(READ_AFTER);
  return [...own, ...names.map((name) => ({ $ref: `#/components/parameters/${name}` }))];
}

function dropWhatIsInHeaders(name: string, schemas: Map<string, JsonSchema>): void {
  const { properties, required, ...rest } = schemas.get(name) ?? {};
  const kept = Object.entries({ ...(properties as Record<string, JsonSchema>) }).filter(
    ([one]) => !IN_HEADERS.includes(one),
  );
  const needed = (required as string[]).filter((one) => !IN_HEADERS.includes(one));
  schemas.set(name, { ...rest, properties: Object.fromEntries(kept), required: needed });
}
