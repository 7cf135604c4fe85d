import { STATUS_CODES } from "node:http";
import { REASONS } from "#runtime/rpc";
import { type JsonSchema, schemaOf } from "./json.ts";
import { PROBLEM_STATUSES } from "./problems.ts";
import {
  AGE_HEADER,
  IN_HEADERS,
  namesIn,
  POSITION_HEADER,
  positionParameterOf,
  READ_AFTER_HEADER,
  READ_AFTER_PARAMETER,
  RESUME_AFTER_HEADER,
  RESUME_AFTER_PARAMETER,
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
      parameters: Object.fromEntries(
        Object.entries(POSITIONS).map(([name, { parameter }]) => [name, parameter]),
      ),
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

const EVENTS = `Server-sent events: \`full\` with all there is, then \`changes\`, each with the property of \
that name as JSON and its position as id; \`problem\` last where no coming back helps. Not sent: changes of \
nothing.`;

const POSITION_SENT: JsonSchema = { type: "string", maxLength: 512 };

/** The parameters that name a position, each with the kind of route that takes it. */
const POSITIONS: Readonly<Record<string, { of: Route["kind"]; parameter: JsonSchema }>> = {
  ReadAfterHeader: {
    of: "read",
    parameter: {
      name: READ_AFTER_HEADER,
      in: "header",
      description: "A position to be reached first.",
      schema: POSITION_SENT,
    },
  },
  ReadAfterQuery: {
    of: "read",
    parameter: {
      name: READ_AFTER_PARAMETER,
      in: "query",
      description: "The same, for those who cannot send headers.",
      schema: POSITION_SENT,
    },
  },
  ResumeAfterHeader: {
    of: "watch",
    parameter: {
      name: RESUME_AFTER_HEADER,
      in: "header",
      description: "The last event that the watcher has. Browsers send it by themselves.",
      schema: POSITION_SENT,
    },
  },
  ResumeAfterQuery: {
    of: "watch",
    parameter: {
      name: RESUME_AFTER_PARAMETER,
      in: "query",
      description:
        "The position of the last event that the watcher has, where it cannot send headers.",
      schema: POSITION_SENT,
    },
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
  if (route.kind !== "write") dropWhatIsInHeaders(answers.name, schemas);
  const own = route.kind === "write" ? OWN_STATUSES.write : OWN_STATUSES.GET;
  const names = headersOf(route);
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
    ...(route.kind === "write" && {
      requestBody: {
        required: true,
        content: {
          "application/json": { schema: route.body.schema, example: route.body.example },
        },
      },
    }),
    responses: {
      "200": {
        description: route.kind === "watch" ? `${summary} ${EVENTS}` : summary,
        ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
        content: route.kind === "watch" ? eventsOf(schema) : { "application/json": { schema } },
      },
      ...(route.kind === "read" && {
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
  const positions = Object.entries(POSITIONS).filter(
    ([, { of }]) => of === route.kind && positionParameterOf(route) !== undefined,
  );
  return [...own, ...positions.map(([name]) => ({ $ref: `#/components/parameters/${name}` }))];
}

function headersOf(route: Route): string[] {
  if (route.kind !== "read") return [POSITION_HEADER];
  return route.hasPosition ? Object.keys(HEADERS) : [];
}

// No word of OpenAPI 3.1 is for the events of a stream: the schema is that of what they add up to, and the
// description says how they are sent.
function eventsOf(schema: JsonSchema): JsonSchema {
  return { "text/event-stream": { schema: { type: "string", contentSchema: schema } } };
}

function dropWhatIsInHeaders(name: string, schemas: Map<string, JsonSchema>): void {
  const { properties, required, ...rest } = schemas.get(name) ?? {};
  const kept = Object.entries({ ...(properties as Record<string, JsonSchema>) }).filter(
    ([one]) => !IN_HEADERS.includes(one),
  );
  const needed = (required as string[]).filter((one) => !IN_HEADERS.includes(one));
  schemas.set(name, { ...rest, properties: Object.fromEntries(kept), required: needed });
}
