export {
  compared,
  type Position,
  type Progress,
  positionAt,
  positionOf,
  positionToken,
} from "./position.ts";
export { type Looks, type ReadAfter, readAfter, sharedLooks } from "./read-after.ts";
