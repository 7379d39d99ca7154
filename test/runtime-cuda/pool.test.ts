import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { pool } from "../../runtime-cuda/dist/toolchain/pool.js";

it("a failure is passed on once the tasks under way have ended, and no other begins", async () => {
  let [begun, ended] = [0, 0];
  const slow = async (): Promise<void> => {
    begun++;
    await pause(30);
    ended++;
  };
  const failing = async (): Promise<void> => {
    throw new Error("first");
  };
  await expect(pool([failing, ...Array.from({ length: 1000 }, () => slow)])).rejects.toThrow(
    "first",
  );
  expect(ended).toBe(begun);
  expect(begun).toBeLessThan(1000);
});
