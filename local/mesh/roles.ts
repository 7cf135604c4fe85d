import { postgresRoles, type RedisRole, redisRoles } from "../servers/index.ts";
import type { MeshState, StoreState } from "./mesh-file.ts";

/** What each server of a store with several is among them, by name, as they say themselves at this moment. */
export async function storeRoles({ stores }: MeshState): Promise<Map<string, string>> {
  const of = (kind: StoreState["kind"]) => stores.filter((store) => store.kind === kind);
  const rolesOf = async (
    servers: readonly StoreState[],
    ask: (urls: readonly string[]) => Promise<(string | undefined)[]>,
  ): Promise<[string, string][]> => {
    const roles = servers.length > 1 ? await ask(servers.map(({ url }) => url)) : [];
    return servers.flatMap(({ name }, at) => (roles[at] ? [[name, roles[at]]] : []));
  };
  const redis = of("redis");
  const said = await Promise.all([
    rolesOf(of("postgres"), postgresRoles),
    rolesOf(redis, async (urls) => (await redisRoles(urls)).map((role) => textOf(role, redis))),
  ]);
  return new Map(said.flat());
}

function textOf(role: RedisRole | undefined, servers: readonly StoreState[]): string | undefined {
  if (role?.of === undefined) return role?.is;
  return `${role.is} of ${servers.find(({ address }) => address === role.of)?.name ?? role.of}`;
}
