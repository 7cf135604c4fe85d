/**
 * The whole mesh on one machine: Redis, Postgres and every service as a process of its own, kept
 * running, found again by later commands through `mesh.json` in the mesh's folder.
 */
export { down, status, up } from "./commands.ts";
export { meshFolder } from "./folder.ts";
export { type Mesh, MeshAlreadyRuns, type MeshOptions, meshIn } from "./mesh.ts";
export type { MeshState, ServiceState, StoreState } from "./mesh-file.ts";
export { COURTSIDE, type MeshPlan, type ServicePlan } from "./plan.ts";
export { storeRoles } from "./roles.ts";
export { stopOnSignals, supervise } from "./supervise.ts";
export { TOPOLOGIES, type Topology, type TopologyAsked, topologyAsked } from "./topology.ts";
