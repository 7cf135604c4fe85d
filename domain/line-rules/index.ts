export { type GameFlag, gameFlags } from "./game-rules.ts";
export { type BrokenRule, brokenRules, type LineLimits } from "./line-rules.ts";
