import { describe, expect, it } from "vitest";
import { faultInPostgresUrl, postgresServers } from "./postgres-url.ts";

describe("postgresServers", () => {
  it("gives each host its own URL, with all the rest as it was", () => {
    expect(postgresServers("postgres://u:p%40ss@h1:5433,h2,[::1]:5434/db")).toEqual([
      { name: "h1:5433", host: "h1", port: 5433, url: "postgres://u:p%40ss@h1:5433/db" },
      { name: "h2:5432", host: "h2", port: 5432, url: "postgres://u:p%40ss@h2:5432/db" },
      { name: "[::1]:5434", host: "::1", port: 5434, url: "postgres://u:p%40ss@[::1]:5434/db" },
    ]);
  });

  it("takes one host, and no login", () => {
    expect(postgresServers("postgresql://h1/db")).toEqual([
      { name: "h1:5432", host: "h1", port: 5432, url: "postgres://h1:5432/db" },
    ]);
  });

  it("takes a password with an @ in it", () => {
    expect(postgresServers("postgres://u:a@b@h1/db")[0]?.url).toBe("postgres://u:a@b@h1:5432/db");
  });

  it("hands on the parameters of TLS, with libpq's meaning", () => {
    const [server] = postgresServers("postgres://h1/db?sslmode=verify-ca&sslrootcert=%2Fetc%2Fca");

    expect(Object.fromEntries(new URL(server?.url ?? "").searchParams)).toEqual({
      sslmode: "verify-ca",
      sslrootcert: "/etc/ca",
      uselibpqcompat: "true",
    });
  });
});

describe("faultInPostgresUrl", () => {
  it.each([
    [
      "h1:5432/db",
      "it must be a URL such as postgres://user:password@host:5432,other:5432/database",
    ],
    ["mysql://h1/db", /^it must be a URL such as postgres:/],
    ["postgres:///db", "one of its hosts is empty"],
    ["postgres://u:secret@h1,,h2/db", "one of its hosts is empty"],
    ["postgres://u:secret@h1,h2:/db", /^the port of its host h2 must be a whole number from 1 to/],
    ["postgres://u:secret@h1:0/db", /^the port of its host h1 must/],
    ["postgres://u:secret@h1:70000/db", /^the port of its host h1 must/],
    ["postgres://u:secret@h1:5432,h1/db", "it names the host h1:5432 twice"],
    ["postgres://u:secret@h 1/db", "one of its hosts is neither a name nor an address"],
    [
      `postgres://${Array.from({ length: 17 }, (_, at) => `h${at}`)}/db`,
      "it may name 16 hosts at most",
    ],
    ["postgres://u:secret%@h1/db", "its user or password has a % that is not written as %25"],
    ["postgres://h1/d%b", "its database has a % that is not written as %25"],
    ["postgres://h1/db?sslmode=prefer", /^its sslmode must be one of disable, require, verify-ca/],
    ["postgres://h1/db?sslmode=", "its parameter sslmode is empty"],
    ["postgres://h1/db?sslmode=verify-ca", /^its sslmode verify-ca needs sslrootcert/],
    ["postgres://h1/db?sslrootcert=ca.pem", "it names a file for TLS and no sslmode"],
    ["postgres://h1/db?max=500", /^its parameters may be sslmode, .* and no other$/],
    ["postgres://u:p/secret@h1/db", /^its user or password has a \/ or \?/],
    ["postgres://u:p?secret@h1/db", /^its user or password has a \/ or \?/],
    ["postgres://u:p#secret@h1/db", /^it must be a URL such as/],
  ])("says of %s what is wrong, and never the password", (url, fault) => {
    const found = faultInPostgresUrl(url) ?? "";

    if (typeof fault === "string") expect(found).toBe(fault);
    else expect(found).toMatch(fault);
    expect(found).not.toContain("secret");
  });

  it("finds nothing wrong with what is right", () => {
    expect(faultInPostgresUrl("postgres://u:p@h1:5432,h2:5432/db?sslmode=require")).toBeUndefined();
  });
});
