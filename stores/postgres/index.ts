export {
  bigints,
  booleans,
  byteas,
  integers,
  jsonbs,
  texts,
  timestamps,
} from "./arrays.ts";
export { CopyRows, copyIn } from "./copy.ts";
export { fewAtOnce } from "./few-at-once.ts";
export { whileAlone } from "./locks.ts";
export { type Migration, migrate, newestMigration } from "./migrate.ts";
export {
  asOutage,
  commit,
  inTransaction,
  type PoolOptions,
  postgresPool,
  query,
  replicaPool,
} from "./pool.ts";
