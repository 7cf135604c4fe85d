import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Whom a server runs as: undefined is the user who runs this process. */
export type Owner = { readonly uid: number; readonly gid: number } | undefined;

/** A server's folder as it really lies, and whom the server runs as. */
export type Place = { readonly folder: string; readonly owner: Owner };

// Postgres refuses to run as root, and Redis has no need to.
const USERS = ["postgres", "nobody"];

// Where data goes when the folder asked for lies where only root may enter.
const ELSEWHERE = "/var/lib/courtside";

/**
 * Makes the folder of a server. For root it belongs to an unprivileged user; when that user cannot
 * enter the place, such as a clone in root's home, the data lies under /var/lib/courtside, and a link
 * in the folder's place leads there.
 */
export function preparePlace(folder: string): Place {
  const asked = resolve(folder);
  const owner = unprivileged();
  if (!owner) {
    mkdirSync(asked, { recursive: true, mode: 0o700 });
    return { folder: realpathSync(asked), owner };
  }
  mkdirSync(dirname(asked), { recursive: true });
  const elsewhere = canEnter(owner, realpathSync(dirname(asked)))
    ? undefined
    : linkElsewhere(asked);
  const real = elsewhere ?? asked;
  mkdirSync(real, { recursive: true });
  chownSync(real, owner.uid, owner.gid);
  chmodSync(real, 0o700);
  return { folder: realpathSync(real), owner };
}

/**
 * Deletes a server's folder, or one that holds such folders, with all data, wherever it lies. The
 * servers must have ended.
 */
export function removeFolder(folder: string): void {
  const asked = resolve(folder);
  for (const place of [asked, ...childrenOf(asked)]) {
    // Only what was put there by us: a link of the user's own making keeps what it leads to.
    const link = lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink();
    if (!link || readlinkSync(place) !== placeElsewhere(place)) continue;
    rmSync(placeElsewhere(place), { recursive: true, force: true });
  }
  rmSync(asked, { recursive: true, force: true });
}

function childrenOf(folder: string): string[] {
  const isFolder = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory();
  return isFolder ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function linkElsewhere(asked: string): string {
  const place = placeElsewhere(asked);
  const there = lstatSync(asked, { throwIfNoEntry: false });
  if (there?.isSymbolicLink()) return realpathSync(asked);
  if (there) {
    throw new Error(`${asked} has moved to where only root may enter; move it back or delete it.`);
  }
  mkdirSync(place, { recursive: true });
  chmodSync(ELSEWHERE, 0o711);
  symlinkSync(place, asked);
  process.stderr.write(`courtside: Only root may enter here, so ${asked} lies in ${place}.\n`);
  return place;
}

function placeElsewhere(asked: string): string {
  return join(ELSEWHERE, createHash("sha256").update(asked).digest("hex").slice(0, 16));
}

function unprivileged(): Owner {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of USERS) {
    const uid = idOf("-u", user);
    const gid = idOf("-g", user);
    if (uid && gid !== undefined) return { uid, gid };
  }
  throw new Error(`Root runs servers as ${USERS.join(" or ")}, and this machine has neither user.`);
}

function idOf(option: string, user: string): number | undefined {
  const { status, stdout } = spawnSync("id", [option, user], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : undefined;
}

/** Whether the user may pass through the folder and everything above it. */
function canEnter({ uid, gid }: { uid: number; gid: number }, folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    const { mode, uid: itsUser, gid: itsGroup } = statSync(at);
    const bit = itsUser === uid ? 0o100 : itsGroup === gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === dirname(at)) return existsSync(folder);
  }
}
