import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import {
  type PostgresGroup,
  postgresRoles,
  removeFolder,
  startPostgresAs,
} from "../../../local/servers/index.ts";
import { eventually, newFolder, sql } from "./toy-mesh.fixture.ts";

const rolesOf = (group: PostgresGroup) =>
  postgresRoles(["postgres", "postgres-2", "postgres-3"].map((name) => urlOf(group, name)));

function urlOf(group: PostgresGroup, name: string): string {
  return group.servers.get(name)?.url ?? "";
}

it("Postgres goes on at a promoted standby, and the former primary follows it after a restart", async () => {
  const folder = newFolder();
  onTestFinished(() => removeFolder(folder));
  const options = { folder: join(folder, "postgres") };
  const first = await startPostgresAs("replicated", options);
  onTestFinished(() => first.stop());
  expect(await rolesOf(first)).toEqual(["primary", "synchronous standby", "standby"]);
  await sql(urlOf(first, "postgres"), "create table note as select 'kept' as text");

  const old = first.servers.get("postgres");
  old?.kill("SIGKILL");
  await old?.exited;
  await first.promote("postgres-2");
  const follows = ["primary", "synchronous standby"];
  await eventually(async () => `${(await rolesOf(first)).slice(1)}` === `${follows}`);
  await sql(urlOf(first, "postgres-2"), "insert into note values ('after')");
  // It does not know that it was replaced, and keeps to itself what is written there.
  await first.restart("postgres");
  expect(await rolesOf(first)).toEqual(["replaced primary", ...follows]);
  await sql(
    urlOf(first, "postgres"),
    "set synchronous_commit = local; insert into note values ('astray')",
  );
  await first.stop();

  await expect(startPostgresAs("single", options)).rejects.toThrow("is that of postgres-2");
  const second = await startPostgresAs("replicated", options);
  onTestFinished(() => second.stop());
  expect(await rolesOf(second)).toEqual(["standby", "primary", "synchronous standby"]);
  const notes = [{ text: "kept" }, { text: "after" }];
  for (const { url } of second.servers.values()) {
    expect(await sql(url, "select text from note")).toEqual(notes);
  }
});
