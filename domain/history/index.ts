export { boxScoreAsOf, type Moment, type Span } from "./history.ts";
