/** What a plan says of itself, so that one which was changed is not run. */
import { fingerprint } from "./fingerprint.ts";
import type { Plan } from "./generated/plan.ts";

/** Keys in order, since a plan that was taken apart and put together has them in another. */
const sorted = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** The fingerprint of everything in a plan but its `digest`. */
export const planDigest = (plan: Omit<Plan, "digest">): string =>
  fingerprint(JSON.stringify({ ...plan, digest: undefined }, sorted));

/** The plan with its digest. */
export const sealPlan = (plan: Omit<Plan, "digest">): Plan => ({
  ...plan,
  digest: planDigest(plan),
});
