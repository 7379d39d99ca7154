/** The digest of a plan, by which a changed plan is recognised. */
import { fingerprint } from "./fingerprint.ts";
import type { Plan } from "./generated/plan.ts";

/** Sorts keys, since a plan that was rebuilt may have them in another order. */
const sorted = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** The fingerprint of a plan without its `digest`. */
export const planDigest = (plan: Omit<Plan, "digest">): string =>
  fingerprint(JSON.stringify({ ...plan, digest: undefined }, sorted));

/** The plan with its digest. */
export const sealPlan = (plan: Omit<Plan, "digest">): Plan => ({
  ...plan,
  digest: planDigest(plan),
});
