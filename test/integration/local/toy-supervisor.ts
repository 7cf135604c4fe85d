import { meshFolder, supervise, topologyAsked } from "../../../local/mesh/index.ts";
import { TOY_PLAN } from "./toy-mesh.fixture.ts";

const topology = topologyAsked(process.env.COURTSIDE_TOPOLOGY ?? "{}");

process.exit(await supervise({ folder: meshFolder(), plan: TOY_PLAN, topology, log: console.log }));
