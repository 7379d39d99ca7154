/**
 * Launches that start before the ones ahead have ended, and blocks that touch one another's memory:
 * what the emulator finds of either.
 */
import { describe, expect, test } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { EmulatedModule, LaunchFault, type EmulatedMemory } from "./emulated.ts";

const blocks = 12,
  threads = 128,
  count = blocks * threads;

/**
 * `i` is the thread's own element of all, `t` its number in the block. `table` is what no kernel
 * writes; `from` and `to` are what a kernel ahead writes and what this one does.
 */
const kernel = (name: string, body: string): string => `SIGIL_KERNEL(${name}, 128, 1)(
    const float* table, float* from, float* to, SIGIL_GRID_CONSTANT const TensorMap map) {
  float* const shared = reinterpret_cast<float*>(shared_memory());
  const int t = thread_x(), i = block_x() * 128 + t;
  (void)shared, (void)t, (void)i, (void)map;
  ${body}
}
SIGIL_EXPORT(${name})
`;
const head = `#include "platform/async_copy.cuh"
#include "platform/cluster.cuh"
#include "platform/tensor_copy.cuh"
using namespace sigil;
`;

const wait = "release_successor(); wait_for_predecessor();";
const load =
  "Barrier* const full = reinterpret_cast<Barrier*>(shared + 512); if (t == 0) { " +
  "barrier_init(full, 1); fence_barrier_init(); } sync_threads(); if (t == 0) { " +
  "barrier_arrive_expect(full, 512); tensor_load_2d(shared, &map, full, 0, block_x()); } " +
  "barrier_wait(full, 0);";

interface Case {
  readonly name: string;
  readonly body: string;
  /** What watched kernels end with under every seed; absent: nothing is wrong. */
  readonly text?: RegExp;
  /** What is wrong without a watch too: results, under every seed, or the same fault. */
  readonly plain?: "wrong" | "fault";
}

// Each follows a launch that doubles `table` into `from`, in few blocks with another in between
// that has nothing to do with them.
const cases: readonly Case[] = [
  { name: "waits before anything else", body: `${wait} to[i] = from[i] + 1;` },
  {
    name: "reads what nobody writes before it waits",
    body: `const float early = table[i]; ${wait} to[i] = from[i] + early * 0 + 1;`,
  },
  {
    name: "lets one thread wait for its block",
    body: "if (t == 0) wait_for_predecessor(); sync_threads(); to[i] = from[i] + 1;",
  },
  {
    name: "lets one warp wait and a named barrier tell",
    body: "if (t < 32) wait_for_predecessor(); sync_named(1, 128); to[i] = from[i] + 1;",
  },
  {
    name: "fetches what nobody writes by TMA before it waits",
    body: `${load} ${wait} to[i] = from[i] + shared[t] * 0 + 1;`,
  },
  {
    name: "never waits",
    body: "to[i] = from[i] + 1;",
    text: /operand 1 \+ \d+ bytes before wait_for_predecessor, .* kernel first ahead of it writes/,
    plain: "fault",
  },
  {
    name: "never waits and reads nothing of those ahead",
    body: "to[i] = 2 * table[i] + 1;",
    text: /programmatic edge and ended without a wait_for_predecessor by any thread/,
    plain: "fault",
  },
  {
    name: "has half of its threads wait",
    body: "release_successor(); if (t < 64) wait_for_predecessor(); to[i] = from[i] + 1;",
    text: /operand 1 \+ \d+ bytes before wait_for_predecessor, which kernel first/,
    plain: "wrong",
  },
  {
    name: "reads too early",
    body: `const float early = from[i]; ${wait} to[i] = early + 1;`,
    text: /read of global/,
    plain: "wrong",
  },
  {
    name: "lets one thread wait and tells nobody",
    body: "if (t == 0) wait_for_predecessor(); to[i] = from[i] + 1;",
    text: /read of global/,
    plain: "wrong",
  },
  {
    name: "waits after a barrier",
    body:
      "sync_threads(); const float early = from[i]; if (t == 0) wait_for_predecessor(); " +
      "sync_threads(); to[i] = early + 1;",
    text: /read of global/,
    plain: "wrong",
  },
  {
    name: "copies too early",
    body:
      `copy_async<4>(shared + t, from + i); copy_async_commit(); copy_async_wait<0>(); ${wait} ` +
      "to[i] = shared[t] + 1;",
    text: /copy_async of global/,
    plain: "wrong",
  },
  {
    name: "overwrites too early",
    body: `from[i] = 5; ${wait} to[i] = from[i] + 1;`,
    text: /write of global memory at .* which kernel first ahead of it writes/,
  },
];

describe.skipIf(!hostCompiler)(`launches that overlap ${needsGxx}`, () => {
  const ahead =
    kernel("first", `${wait} to[i] = 2 * table[i];`) +
    kernel("second", `${wait} to[i] = table[i];`) +
    kernel("hoarder", "wait_for_predecessor(); to[i] = 2 * table[i];") +
    kernel("reader", `${wait} to[i] = from[i];`) +
    kernel("tyrant", `from[i] = 5; ${wait} to[i] = from[i];`);
  const sources = {
    row: head + ahead + cases.map(({ body }, index) => kernel(`case_${index}`, body)).join(""),
  };
  const built = {
    plain: hostCompiler && EmulatedModule.build(sources),
    watched: hostCompiler && EmulatedModule.build(sources, { checked: true }),
  };

  const input = Float32Array.from({ length: count }, (_, i) => i + 1);
  /**
   * Runs kernels in a row, of as many blocks as said. Returns what the last writes, or the fault.
   */
  const outcome = (
    module: EmulatedModule,
    row: readonly (readonly [kernel: string, from: "a" | "b" | "c", to: "a" | "b" | "c"])[],
    seed: number,
    last: number = blocks,
  ): readonly number[] | string => {
    const table = module.upload(input);
    const memory: Readonly<Record<string, EmulatedMemory>> = {
      a: module.allocate(4 * count),
      b: module.allocate(4 * count),
      c: module.allocate(4 * count),
    };
    const map = module.tensorMap(table, {
      dtype: "float32",
      sizes: [threads, blocks],
      strides: [4 * threads],
      box: [threads, 1],
    });
    try {
      module.launchRow(
        row.map(([name, from, to]) => [
          name,
          {
            grid: [last],
            threads,
            sharedBytes: 4096,
            parameters: [table, memory[from]!, memory[to]!, map],
            seed,
            watchdogSteps: 1e6,
          },
        ]),
      );
      return [...memory[row.at(-1)![2]]!.as(Float32Array, 4).subarray(0, last * threads)];
    } catch (error) {
      if (error instanceof LaunchFault) return `${error.code}: ${error.message}`;
      throw error;
    } finally {
      for (const place of [table, ...Object.values(memory)]) place.free();
    }
  };
  const expected = (size: number) =>
    Array.from(input.subarray(0, size * threads), (value) => 2 * value + 1);

  // A grid of which all blocks start early, so that the last kernel starts before the first has
  // ended; and one of which only some do.
  test.each(
    cases.flatMap((one, index) => [3, blocks].map((size) => [one.name, size, one, index] as const)),
  )("a kernel that %s, in %i blocks", async (_, size, { text, plain }, index) => {
    const row = [
      ["first", "a", "a"],
      ...(size === blocks ? [] : [["second", "c", "b"] as const]),
      [`case_${index}`, "a", "c"],
    ] as const;
    for (let seed = 0; seed < 6; seed++) {
      const watched = outcome((await built.watched)!, row, seed, size),
        unwatched = outcome((await built.plain)!, row, seed, size);
      if (!text) expect.soft(watched).toEqual(expected(size));
      else expect.soft(watched).toMatch(new RegExp(`^predecessor: .*${text.source}`));
      if (!plain) {
        if (!text) expect.soft(unwatched).toEqual(expected(size));
      } else if (plain === "fault")
        expect
          .soft(unwatched)
          .toMatch(/^predecessor: .*without a wait_for_predecessor by any thread/);
      else expect.soft(unwatched).not.toEqual(expected(size));
    }
  });

  test("a kernel that writes what a launch ahead reads, before it waits", async () => {
    const row = [
      ["first", "b", "a"],
      ["reader", "a", "b"],
      ["tyrant", "a", "c"],
    ] as const;
    for (let seed = 0; seed < 6; seed++) {
      expect(outcome((await built.watched)!, row, seed)).toMatch(
        /^predecessor: .*write of .* before wait_for_predecessor, which kernel \w+ ahead of it \w+/,
      );
    }
  });

  test("none starts before every block of the launch ahead let it", async () => {
    const early = cases.findIndex(({ name }) => name === "reads too early");
    for (let seed = 0; seed < 6; seed++) {
      expect(
        outcome(
          (await built.plain)!,
          [
            ["hoarder", "a", "a"],
            [`case_${early}`, "a", "c"],
          ],
          seed,
        ),
      ).toEqual(expected(blocks));
      // It may one day: what is right does not hang on it.
      expect(
        outcome(
          (await built.watched)!,
          [
            ["hoarder", "a", "a"],
            [`case_${early}`, "a", "c"],
          ],
          seed,
        ),
      ).toMatch(/^predecessor: .*which kernel hoarder ahead of it writes/);
    }
  });

  test("a fault of any launch is its own", async () => {
    expect(
      outcome(
        (await built.plain)!,
        [
          ["first", "a", "a"],
          ["nothing", "a", "b"],
        ],
        0,
      ),
    ).toBe("unknown-kernel: there is no kernel nothing here");
  });
});

const races: readonly (readonly [name: string, body: string, text?: RegExp])[] = [
  ["of blocks that keep to their own", "to[i] = from[i]; sync_threads(); to[i] += to[i ^ 1];"],
  ["of blocks that read the same", "to[i] = table[t] + from[0];"],
  [
    "that every block writes somewhere",
    "to[t] = table[i];",
    /write of .* bytes, which block \(\d+, 0, 0\) wrote: blocks of a launch have no order/,
  ],
  [
    "whose last thread writes into the next block's",
    "to[t == 127 ? i + 1 : i] = 1;",
    /write of global memory at .* operand 2 \+ \d+ bytes, which block \(\d+, 0, 0\) wrote/,
  ],
  [
    "that a block reads and another writes",
    "if (block_x() == 0) to[i] = table[i]; else to[i] = to[t];",
    /(read|write) of .* bytes, which (several blocks|block \(\d+, 0, 0\)) (wrote|read)/,
  ],
  [
    "that are copied by cp.async",
    "to[i] = 1; sync_threads(); copy_async<4>(shared + t, to + (i ^ 128)); " +
      "copy_async_commit(); copy_async_wait<0>();",
    /(copy_async|write) of global/,
  ],
  [
    "that TMA stores twice",
    "shared[t] = 1; fence_async_proxy(); sync_threads(); if (t == 0) { tensor_store_2d(&map, " +
      "shared, 0, block_x() / 2); tensor_store_commit(); tensor_store_wait<0>(); }",
    /tensor_store of global memory at .*, which block \(\d+, 0, 0\) wrote/,
  ],
  [
    "that TMA fetches while another writes",
    `${load} const_cast<float*>(table)[(i + 128) % (gridDim * 128)] = 1;`.replace(
      "gridDim",
      "grid_x()",
    ),
    /(tensor_load|write) of global/,
  ],
];

describe.skipIf(!hostCompiler)(`bytes of global memory ${needsGxx}`, () => {
  const module =
    hostCompiler &&
    EmulatedModule.build(
      { races: head + races.map(([, body], index) => kernel(`race_${index}`, body)).join("") },
      { checked: true },
    );
  test.each(races.map(([name, , text], index) => [name, text, index] as const))(
    "%s",
    async (_, text, index) => {
      const opened = (await module)!;
      for (let seed = 0; seed < 6; seed++) {
        for (const hostThreads of [1, 3]) {
          const memory = [0, 1, 2].map(() => opened.upload(new Float32Array(count + 4)));
          const map = opened.tensorMap(memory[0]!, {
            dtype: "float32",
            sizes: [threads, blocks],
            strides: [4 * threads],
            box: [threads, 1],
          });
          let received = "ok";
          try {
            opened.launch(`race_${index}`, {
              grid: [6, 1, 1],
              threads,
              sharedBytes: 4096,
              parameters: [...memory, map],
              seed,
              hostThreads,
              watchdogSteps: 1e6,
            });
          } catch (error) {
            if (!(error instanceof LaunchFault)) throw error;
            received = `${error.code}: ${error.message}`;
          }
          for (const place of memory) place.free();
          if (text)
            expect
              .soft(received)
              .toMatch(
                new RegExp(
                  `^global-race: kernel race_${index}, block \\(\\d+, 0, 0\\), thread \\d+: ` +
                    `${text.source}`,
                ),
              );
          else expect.soft(received).toBe("ok");
        }
      }
    },
  );
});
