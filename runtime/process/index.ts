export { type Running, runService, type ServiceSpec } from "./service.ts";
