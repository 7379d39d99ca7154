/** What bounds the pixels that are decoded at once. */
import { expect, it } from "vitest";
import { Budget } from "../../../runtime/dist/image/decode/budget.js";

/** Runs tasks of these sizes together, and tells when each began and what was ever under way. */
async function together(bound: number, sizes: readonly number[], fails = -1) {
  const budget = new Budget(bound);
  const [began, ends]: [number[], (() => void)[]] = [[], []];
  let [now, most] = [0, 0];
  const all = sizes.map((size, n) =>
    budget.run(size, async () => {
      began.push(n);
      now += size;
      most = Math.max(most, now);
      await new Promise<void>((resolve) => ends.push(resolve));
      now -= size;
      if (n === fails) throw new Error("broken");
      return n;
    }),
  );
  const settled = Promise.allSettled(all);
  for (let n = 0; n < sizes.length; n++) {
    while (ends.length <= n) await new Promise((resolve) => setTimeout(resolve));
    ends[n]!();
  }
  return { began, most, results: await settled };
}

it("the budget of decoded pixels lets through what fits together, in order", async () => {
  const { began, most, results } = await together(10, [4, 6, 4, 1, 9, 2]);
  expect(began).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBe(10);
  expect(results.map((result) => result.status === "fulfilled" && result.value)).toEqual(began);
});

it("the budget lets a picture larger than its bound through alone", async () => {
  const { most, began } = await together(10, [3, 40, 3, 40]);
  expect([most, began]).toEqual([40, [0, 1, 2, 3]]);
});

it("the budget goes on after a failure", async () => {
  const { results } = await together(1, [1, 1, 1], 1);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
