import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { LeaderboardService } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { rpcClient } from "#runtime/rpc";
import { openApiOf } from "./openapi.ts";
import { matching } from "./route.ts";
import { routesOver } from "./routes.ts";

const NOWHERE = "127.0.0.1:9";
// They connect with their first call, and there is none.
const routes = routesOver({
  ingest: rpcClient(IngestService, NOWHERE),
  stats: rpcClient(StatsService, NOWHERE),
  leaderboard: rpcClient(LeaderboardService, NOWHERE),
  season: "2023-24",
  now: () => 0,
});

type Node = { readonly [key: string]: unknown };
const api = openApiOf(routes) as Node;

/** Every object within a value, itself too, with the path to it. */
function nodesIn(value: unknown, at = "#"): { at: string; node: Node }[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, one]) => nodesIn(one, `${at}/${key}`));
  return Array.isArray(value) ? inner : [{ at, node: value as Node }, ...inner];
}

const operations = Object.entries(api.paths as Node).flatMap(([path, methods]) =>
  Object.entries(methods as Node).map(([method, operation]) => ({
    path,
    method,
    operation: operation as Node,
  })),
);

describe("openApiOf", () => {
  it("has the paths and methods of the table, each once", () => {
    const inDocument = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`);

    expect(inDocument.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
    expect(inDocument).toEqual(
      expect.arrayContaining([
        "PUT /stat/live/game",
        "GET /stat/player/{playerId}",
        "GET /stat/team/{teamId}",
        "POST /api/v1/games/{gameId}/stats",
        "GET /api/v1/games/{gameId}/stats",
      ]),
    );
  });

  it("is an OpenAPI 3.1 document by the rules of its fields", () => {
    expect(api.openapi).toMatch(/^3\.1\.\d+$/);
    expect(api.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const parameters = operation.parameters as Node[];
      const inPath = parameters.filter((one) => one.in === "path");
      expect(inPath.map(({ name }) => `{${name}}`).sort()).toEqual(
        (path.match(/\{\w+\}/g) ?? []).sort(),
      );
      expect(inPath.every(({ required }) => required === true)).toBe(true);
      for (const response of Object.values(operation.responses as Node)) {
        expect(response).toMatchObject({ description: expect.any(String) });
      }
    }
  });

  it("refers to nothing that is not there", () => {
    const broken = nodesIn(api).filter(({ node: { $ref } }) => {
      if (typeof $ref !== "string") return false;
      const path = $ref.slice(2).split("/");
      return (
        path.reduce<unknown>((one, key) => (one as Node | undefined)?.[key], api) === undefined
      );
    });

    expect(broken.map(({ at }) => at)).toEqual([]);
  });

  it("has schemas of JSON Schema's own words, whose patterns are expressions", () => {
    const types = ["string", "integer", "number", "boolean", "object", "array"];
    const schemas = nodesIn(api).filter(
      ({ node }) => "type" in node && typeof node.type !== "object",
    );
    for (const { at, node } of schemas) {
      if (at.endsWith("/properties")) continue;
      expect(types, at).toContain(node.type);
      if (typeof node.pattern === "string") new RegExp(node.pattern, "u");
      const { properties = {}, required = [] } = node as { properties?: Node; required?: string[] };
      expect(Object.keys(properties), at).toEqual(expect.arrayContaining(required));
    }
  });

  it("no path is matched by two routes of one method", () => {
    for (const { path, method } of routes) {
      const filled = path.replaceAll(/\{\w+\}/g, "x");
      const found = matching(routes, filled).filter(({ route }) => route.method === method);
      expect(found.map(({ route }) => route.path)).toEqual([path]);
    }
  });

  it("never shows what stands in headers in the body of a read", () => {
    const { GetBoxScoreResponse, RecordLinesResponse } = (api.components as Node).schemas as Record<
      string,
      { properties: Node }
    >;

    expect(Object.keys(GetBoxScoreResponse?.properties ?? {})).not.toContain("position");
    expect(Object.keys(GetBoxScoreResponse?.properties ?? {})).not.toContain("served");
    expect(Object.keys(RecordLinesResponse?.properties ?? {})).toContain("position");
  });
});

describe("page.html", () => {
  it("knows every header that an answer may name its progress by", () => {
    const page = readFileSync(new URL("./page.html", import.meta.url), "utf8");

    for (const name of Object.keys((api.components as Node).headers as Node)) {
      expect(page).toContain(`"${name}"`);
    }
  });
});
