import { randomBytes } from "node:crypto";
import { chownSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Owner } from "./owner.ts";

/** The password kept in a file that only its owner reads: made at random the first time. */
export function secretIn(file: string, owner: Owner): string {
  if (!existsSync(file)) {
    writeFileSync(file, randomBytes(24).toString("hex"), { mode: 0o600 });
    if (owner) chownSync(file, owner.uid, owner.gid);
  }
  return readFileSync(file, "utf8");
}
