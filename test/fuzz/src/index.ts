export { judge, signature, type Fault, type Judgement } from "./judge.ts";
export { Random } from "./random.ts";
export { fuzz, type FuzzOptions, type FuzzResult, type Finding } from "./supervise.ts";
export type { OpenTarget, Target } from "./target.ts";
export { targetNamed, targets } from "./targets/index.ts";
