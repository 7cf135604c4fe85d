import { endProcess, POSTGRES_STOP, REDIS_STOP, type Stop } from "../servers/index.ts";
import { isRunning, type ProcessIdentity } from "../setup/processes.js";
import { readMesh, removeMesh } from "./mesh-file.ts";

/** How a service is asked to end, and how long it may take. */
export const SERVICE_STOP: Stop = [
  ["SIGTERM", 10_000],
  ["SIGKILL", 5_000],
];

const STORE_STOP = { postgres: POSTGRES_STOP, redis: REDIS_STOP };

/**
 * Ends what a killed supervisor has left running: services first, then stores. Only for the holder
 * of the mesh's lock, who knows that there is no supervisor.
 */
export async function endLeftovers(folder: string, log: (sentence: string) => void) {
  const mesh = readMesh(folder);
  if (!mesh) return;
  const left = [...mesh.services, ...mesh.stores].filter(({ running }) => running);
  if (left.length > 0) log(`Ending what a killed mesh left: ${left.map(({ name }) => name)}.`);
  await Promise.all(mesh.services.map((service) => endIfRunning(service, SERVICE_STOP)));
  for (const store of mesh.stores.toReversed()) {
    await endIfRunning(store, STORE_STOP[store.kind] ?? SERVICE_STOP);
  }
  removeMesh(folder);
}

async function endIfRunning(part: ProcessIdentity, stop: Stop) {
  if (isRunning(part)) await endProcess(part, stop);
}
