import { createHash } from "node:crypto";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { FILES, textOf } from "./sources.fixture.ts";

const FOLDER = "stores/postgres/migrations";
const DIGESTS = "test/architecture/migrations.sha256";

/** To be run at the root after a migration was added. One that others have applied is never edited. */
const COMMAND = `(cd ${FOLDER} && sha256sum *.sql) > ${DIGESTS}`;

const migrations = FILES.filter((file) => file.startsWith(`${FOLDER}/`));

describe("migrations", () => {
  it.each(migrations)("%s opens with a sentence", (file) => {
    const [header = ""] = textOf(file).split(/\n(?!--)/);

    expect(header).toMatch(/^-- [A-Z][\s\S]*\.$/);
  });

  it("are numbered from 0001 without a gap", () => {
    const names = migrations.map((file) => basename(file));
    const numbers = names.map((_, at) => String(at + 1).padStart(4, "0"));

    expect(names.map((name) => /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1])).toEqual(numbers);
  });

  it("are as they were when they were merged", () => {
    const found = migrations.map((file) => {
      const digest = createHash("sha256").update(textOf(file)).digest("hex");
      return `${digest}  ${basename(file)}`;
    });

    expect(found, `After adding a migration: ${COMMAND}`).toEqual(
      textOf(DIGESTS).trimEnd().split("\n"),
    );
  });
});
