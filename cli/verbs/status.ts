import type { Command } from "commander";
import {
  type MeshState,
  meshFolder,
  type ServiceState,
  status,
  storeRoles,
} from "../../local/mesh/index.ts";
import type { Shell } from "../shell.ts";
import { tableOf } from "../tables.ts";

/** `status`: what runs, where. */
export function addStatus(program: Command, shell: Shell): void {
  program
    .command("status")
    .description("show the stores and services of the mesh: name, address, process, role")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- status --json")
    .action(async ({ json }: { json?: boolean }) => {
      const mesh = status();
      const roles = mesh === undefined ? new Map<string, string>() : await storeRoles(mesh);
      if (json) return shell.out(JSON.stringify(statusJson(mesh, roles), null, 2));
      if (mesh === undefined) return shell.out(`No mesh runs in ${meshFolder()}.`);
      await shell.out(statusText(mesh, roles));
    });
}

/** What servers are among those that are one store with them, by name. */
type Roles = ReadonlyMap<string, string>;

function statusText(mesh: MeshState, roles: Roles): string {
  const columns = [
    { head: "Name" },
    { head: "Address" },
    { head: "Process", align: "right" },
    { head: "" },
  ] as const;
  const row = ({ name, address, pid, running }: ServiceState) => [
    name,
    address,
    pid,
    [running ? "runs" : "does not run", roles.get(name) ?? []].flat().join(", "),
  ];
  const table = tableOf({ columns, rows: [...mesh.stores, ...mesh.services].map(row) });
  return `${table}\n\n${summary(mesh)}`;
}

function summary({ supervisor, ready, started }: MeshState): string {
  if (!supervisor.running)
    return "Its supervisor is gone: `npm run courtside -- up` starts it anew.";
  const since = `since ${started}, supervised by process ${supervisor.pid}`;
  return ready ? `Ready; runs ${since}.` : `Starting; runs ${since}.`;
}

function statusJson(mesh: MeshState | undefined, roles: Roles) {
  const part = ({ name, address, pid, running }: ServiceState) => ({ name, address, pid, running });
  return {
    running: mesh?.supervisor.running ?? false,
    ready: (mesh?.supervisor.running && mesh.ready) ?? false,
    supervisor: mesh === undefined ? null : { pid: mesh.supervisor.pid },
    started: mesh?.started ?? null,
    stores: mesh?.stores.map((store) => ({ ...part(store), role: roles.get(store.name) })) ?? [],
    services: mesh?.services.map(part) ?? [],
  };
}
