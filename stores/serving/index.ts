export { type ServingConfig, type ServingStores, servingStores } from "./serving-stores.ts";
