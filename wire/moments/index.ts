export { momentAsked } from "./moments.ts";
