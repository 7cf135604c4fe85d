export { Outage } from "./outage.ts";
