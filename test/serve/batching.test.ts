/** Runs of many clients become few, each with its own rows, within bounds. */
import type { Program } from "@sigil/runtime/internal";
import type { PlannedProgram } from "@sigil/spec";
import { OverloadedError } from "@sigil/serve";
import { describe, expect, it } from "vitest";
import { BatchingProgram } from "../../serve/dist/batching-program.js";

const planned = { name: "p", symbols: { batch: 4 } } as unknown as PlannedProgram;

/** Doubles rows of two; runs end when they are let go. */
function doubling(): { program: Program; sizes: number[]; release: () => void } {
  const sizes: number[] = [];
  let release = (): void => {};
  return {
    sizes,
    release: () => release(),
    program: {
      async run({ x }, { batch }) {
        sizes.push(batch!);
        await new Promise<void>((resolve) => (release = resolve));
        return { y: { data: (x as Float32Array).map((v) => 2 * v), shape: [batch!, 2] } };
      },
      dispose() {},
    },
  };
}
const inputs = (...values: number[]) => ({ x: Float32Array.from(values) });
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe("runs", () => {
  it("that come together become one, and each gets its rows", async () => {
    const { program, sizes, release } = doubling();
    const batching = new BatchingProgram(program, planned, { maxDelay: 1, maxWaiting: 100 });
    const runs = [
      batching.run(inputs(1, 2), { batch: 1 }),
      batching.run(inputs(3, 4, 5, 6), { batch: 2 }),
    ];
    await turn();
    release();
    const results = await Promise.all(runs);
    expect(results.map(({ y }) => [Array.from(y!.data), y!.shape])).toEqual([
      [
        [2, 4],
        [1, 2],
      ],
      [
        [6, 8, 10, 12],
        [2, 2],
      ],
    ]);
    expect(sizes).toEqual([3]);
  });

  it("that come during a run go together after it, up to the planned largest", async () => {
    const { program, sizes, release } = doubling();
    const batching = new BatchingProgram(program, planned, { maxDelay: 0, maxWaiting: 100 });
    const first = batching.run(inputs(0, 0), { batch: 1 });
    await turn();
    const others = Array.from({ length: 6 }, (_, i) => batching.run(inputs(i, i), { batch: 1 }));
    for (let i = 0; i < 3; i++) {
      release();
      await turn();
    }
    await Promise.all([first, ...others]);
    expect(sizes).toEqual([1, 4, 2]);
  });

  it("beyond the bound are refused, with when to come again", async () => {
    const { program, release } = doubling();
    const batching = new BatchingProgram(program, planned, { maxDelay: 0, maxWaiting: 2 });
    const first = batching.run(inputs(0, 0), { batch: 1 });
    await turn();
    const waiting = [1, 2].map((i) => batching.run(inputs(i, i), { batch: 1 }));
    const refused = await batching.run(inputs(9, 9), { batch: 1 }).catch((error) => error);
    expect(refused).toBeInstanceOf(OverloadedError);
    expect(refused.retryAfter).toBeGreaterThanOrEqual(1);
    for (let i = 0; i < 2; i++) {
      release();
      await turn();
    }
    await Promise.all([first, ...waiting]);
  });

  it("that fail, fail for all that were in them, and the next one runs", async () => {
    let fails = true;
    const program: Program = {
      async run({ x }, { batch }) {
        if (fails) throw new Error("no");
        return { y: { data: x as Float32Array, shape: [batch!, 2] } };
      },
      dispose() {},
    };
    const batching = new BatchingProgram(program, planned, { maxDelay: 0, maxWaiting: 10 });
    const both = [1, 2].map((i) => batching.run(inputs(i, i), { batch: 1 }));
    for (const run of both) await expect(run).rejects.toThrow("no");
    fails = false;
    const { y } = await batching.run(inputs(7, 7), { batch: 1 });
    expect(Array.from(y!.data)).toEqual([7, 7]);
  });
});
