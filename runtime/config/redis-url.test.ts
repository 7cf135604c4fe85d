import { describe, expect, it } from "vitest";
import { redisPlace } from "./index.ts";

const SINGLE = {
  topology: "single",
  hosts: [{ host: "redis", port: 6379 }],
  primary: "",
  db: 0,
  login: {},
  sentinelLogin: {},
  tls: false,
  nat: {},
};

describe("redisPlace", () => {
  it("reads one server, with what is usual where nothing is said", () => {
    expect(redisPlace("redis://redis")).toEqual(SINGLE);
    expect(redisPlace("redis://redis:6379/")).toEqual(SINGLE);
    expect(redisPlace("redis://redis:7000/3")).toEqual({
      ...SINGLE,
      hosts: [{ host: "redis", port: 7000 }],
      db: 3,
    });
    expect(redisPlace("redis://[::1]:7000").hosts).toEqual([{ host: "::1", port: 7000 }]);
  });

  it("reads a login, written as in any URL", () => {
    const { login } = redisPlace("redis://courtside:p%40ss%2Fword%3A%25@redis");

    expect(login).toEqual({ username: "courtside", password: "p@ss/word:%" });
    expect(redisPlace("redis://:secret@redis").login).toEqual({ password: "secret" });
    expect(redisPlace("redis://:a@b@redis").login).toEqual({ password: "a@b" });
  });

  it("reads Sentinels, their name for the primary, and a database behind it", () => {
    const url = "redis+sentinel://app:secret@s1:1,s2,[fe80::1]:3/main";

    expect(redisPlace(url)).toEqual({
      ...SINGLE,
      topology: "sentinel",
      hosts: [
        { host: "s1", port: 1 },
        { host: "s2", port: 26379 },
        { host: "fe80::1", port: 3 },
      ],
      primary: "main",
      login: { username: "app", password: "secret" },
      sentinelLogin: { password: "secret" },
    });
    expect(redisPlace(`${url}/2`).db).toBe(2);
  });

  it("reads a login of the Sentinels apart from that of the servers", () => {
    const at = "redis+sentinel://:secret@s1/main";
    const login = (query: string) => redisPlace(`${at}${query}`).sentinelLogin;

    expect(login("?sentinel_password=other")).toEqual({ password: "other" });
    expect(login("?sentinel_username=u&sentinel_password=o%26")).toEqual({
      username: "u",
      password: "o&",
    });
    expect(login("?sentinel_password=")).toEqual({});
  });

  it("reads a Cluster over TLS, with its authorities and where its nodes are reached", () => {
    const url =
      "rediss+cluster://:secret@a:1,b:2?ca=%2Fetc%2Fredis%20ca.pem&nat=10.0.0.1:6379=a:1,[::2]:6379=b:2";

    expect(redisPlace(url)).toEqual({
      ...SINGLE,
      topology: "cluster",
      hosts: [
        { host: "a", port: 1 },
        { host: "b", port: 2 },
      ],
      login: { password: "secret" },
      tls: true,
      caFile: "/etc/redis ca.pem",
      nat: { "10.0.0.1:6379": { host: "a", port: 1 }, "::2:6379": { host: "b", port: 2 } },
    });
    expect(redisPlace("rediss://redis").tls).toBe(true);
    expect(redisPlace("rediss+sentinel://s1/main").tls).toBe(true);
  });

  it.each([
    ["http://redis", /^it must be a URL such as redis:/],
    ["redis+sentinels://redis/x", /^it must be a URL such as/],
    ["redis://", /^its host is not one$/],
    ["redis://a b", /^its host is not one$/],
    ["redis+cluster://a,,b", /^its host number 2 is not one$/],
    ["redis+cluster://a,b:0", /^the port of its host number 2 must be a whole number from 1 to/],
    ["redis://a:65536", /^the port of its host must/],
    ["redis://a:", /^the port of its host must/],
    ["redis://a,b", /^it names several hosts/],
    [`redis+cluster://${Array(65).fill("a").join(",")}`, /^it names more than 64 hosts$/],
    ["redis+sentinel://a", /^its path must be what the Sentinels call the primary/],
    ["redis+sentinel://a/m%20m", /^its path must be what the Sentinels call the primary/],
    ["redis+sentinel://a/m/x", /^the database in its path must be/],
    ["redis+sentinel://a/m/1/2", /^the database in its path must be/],
    ["redis://a/one", /^the database in its path must be a whole number from 0 to/],
    ["redis://a/16384", /^the database in its path/],
    ["redis+cluster://a/1", /^a Cluster has no database but 0$/],
    ["redis://user@a", /^its user has no password/],
    ["redis://user:@a", /^its password is empty$/],
    ["redis://:100%@a", /^its password has a % that is not written as %25$/],
    ["redis://%:x@a", /^its user has a %/],
    ["redis://a?family=6", /^its option number 1 is none of ca, nat/],
    ["rediss://a?ca=x&ca=y", /^its option ca is there twice$/],
    ["redis://a?ca=x", /^its option ca is only for rediss:$/],
    ["rediss://a?ca=", /^its option ca names no file$/],
    ["redis://a?nat=a:1=b:2", /^its option nat is only for Sentinels and a Cluster$/],
    ["redis+cluster://a?nat=a:1", /^its pair number 1 of option nat must be announced/],
    [
      "redis+cluster://a?nat=a:1=b:2,c=d:1",
      /^the port of its pair number 2 .* announced host, must/,
    ],
    ["redis+cluster://a?sentinel_password=x", /^its option sentinel_password is only for Sent/],
    ["redis+sentinel://a/m?sentinel_username=x", /needs sentinel_password$/],
  ])("says which part of %s is wrong", (url, says) => {
    expect(() => redisPlace(url)).toThrow(says);
  });

  // Each has a character in its password that a URL may not have there as it is.
  it.each([
    "redis://:hunter2/hunter2@a",
    "redis://:hunter2?hunter2@a",
    "redis://:hunter2#hunter2@a",
    "redis://:hunter2%hunter2@a",
    "redis://hunter2@a",
    "redis://a:hunter2",
    "redis://a/hunter2",
    "redis://a?hunter2=hunter2",
    "redis+sentinel://:x@a/m?sentinel_password=hunter2%",
    "redis+sentinel://a/m/hunter2",
    "redis+cluster://a?nat=hunter2",
    "hunter2",
  ])("says nothing that may be of a password: %s", (url) => {
    let said = "";
    try {
      redisPlace(url);
    } catch (error) {
      said = String(error);
    }
    expect(said).not.toBe("");
    expect(said).not.toContain("hunter2");
  });
});
