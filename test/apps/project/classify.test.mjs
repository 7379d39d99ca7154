import { classify } from "./classify.mjs";

const { expect, it } = globalThis.vi ? await import("vitest") : globalThis;

it("classifies", async () => {
  const found = await classify();
  expect(found).toHaveLength(3);
  for (const score of found) expect(score).toBeCloseTo(0.3717612, 5);
}, 60_000);
