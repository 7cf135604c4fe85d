export { ranked, type Scored, type Standing } from "./ranking.ts";
