import { meshFolder, supervise } from "../../../local/mesh/index.ts";
import { TOY_PLAN } from "./toy-mesh.fixture.ts";

process.exit(await supervise({ folder: meshFolder(), plan: TOY_PLAN, log: console.log }));
