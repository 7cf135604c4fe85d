import { postgresRoles } from "../servers/index.ts";
import type { MeshState } from "./mesh-file.ts";

/** What each server of a store with several is among them, by name, as they say themselves at this moment. */
export async function storeRoles(mesh: MeshState): Promise<Map<string, string>> {
  const servers = mesh.stores.filter(({ kind }) => kind === "postgres");
  const roles = servers.length > 1 ? await postgresRoles(servers.map(({ url }) => url)) : [];
  return new Map(servers.flatMap(({ name }, at) => (roles[at] ? [[name, roles[at]]] : [])));
}
