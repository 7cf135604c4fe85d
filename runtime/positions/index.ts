export {
  compared,
  type Position,
  type Progress,
  positionAt,
  positionOf,
  positionToken,
} from "./position.ts";
export { type ReadAfter, readAfter } from "./read-after.ts";
