import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningServer } from "../servers/index.ts";
import { isRunning, type ProcessIdentity } from "../setup/processes.js";
import type { Topology } from "./topology.ts";

/** One process of the mesh. The start tells it from a later process that was given its pid. */
export type ServiceState = ProcessIdentity & {
  readonly name: string;
  /** `host:port`; with `http://` before it for a service that answers HTTP/1.1. */
  readonly address: string;
  /** False while it is being restarted. */
  readonly running: boolean;
};

/** A server of a store: `url` is where clients of this one connect, with the password. */
export type StoreState = ServiceState & {
  readonly url: string;
  /** What kind of server it is: several may be one store. */
  readonly kind: RunningServer["name"];
};

/** A mesh as it stands at the moment. */
export type MeshState = {
  readonly supervisor: ProcessIdentity & { readonly running: boolean };
  /** When it was started, RFC 3339. */
  readonly started: string;
  /** Whether every service has been seen to take calls. */
  readonly ready: boolean;
  /** How the stores stand. */
  readonly topology: Topology;
  /** Where clients of each store connect, as a setting of the services says it, with the password. */
  readonly urls: Readonly<Record<RunningServer["name"], string>>;
  readonly stores: readonly StoreState[];
  readonly services: readonly ServiceState[];
};

/** The state that was last written, checked against the processes that run; undefined without any. */
export function readMesh(folder: string): MeshState | undefined {
  let written: MeshState;
  try {
    written = JSON.parse(readFileSync(fileIn(folder), "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || isMissing(error)) return undefined;
    throw error;
  }
  const checked = <Part extends ProcessIdentity>(part: Part) => ({
    ...part,
    running: isRunning(part),
  });
  return {
    ...written,
    supervisor: checked(written.supervisor),
    stores: written.stores.map(checked),
    services: written.services.map(checked),
  };
}

/** Replaces the written state in one step. Only its owner may read it, for the passwords in it. */
export function writeMesh(folder: string, state: MeshState): void {
  const draft = `${fileIn(folder)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, fileIn(folder));
}

/** Deletes the written state: there is no mesh here any more. */
export function removeMesh(folder: string): void {
  rmSync(fileIn(folder), { force: true });
}

/** The lock that the supervisor of a mesh in that folder holds as long as it lives. */
export function lockIn(folder: string): string {
  return join(folder, "mesh.lock");
}

function fileIn(folder: string): string {
  return join(folder, "mesh.json");
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
