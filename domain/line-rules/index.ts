export { type BrokenRule, brokenRules, type LineLimits } from "./line-rules.ts";
