import { describe, expect, test } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { EmulatedModule, LaunchFault, type faults } from "./emulated.ts";

type Code = (typeof faults)[number];
interface Case {
  readonly name: string;
  /**
   * The kernel's body: `shared` is 1024 floats, `in` and `out` 128 floats each, `t` the thread of
   * 128.
   */
  readonly body: string;
  /** What every seed must end with. */
  readonly code: Code;
  readonly text: RegExp;
  /** Whether only watched kernels show it under every seed. */
  readonly watched?: boolean;
}

const cases: readonly Case[] = [
  {
    name: "a race that a barrier would prevent",
    body: "shared[t] = in[t]; out[t] = shared[127 - t];",
    code: "race",
    text: /without a barrier between them|nothing has written/,
    watched: true,
  },
  {
    name: "a buffer reused too early",
    body: "shared[t] = in[t]; sync_threads(); out[t] = shared[127 - t]; shared[t] = 0;",
    code: "race",
    text: /of shared\+\d+, which thread \d+ (read|wrote) without a barrier between them/,
    watched: true,
  },
  {
    name: "lanes that exchange without sync_warp",
    body: "shared[t] = in[t]; out[t] = shared[t ^ 1];",
    code: "race",
    text: /without a barrier|nothing has written/,
    watched: true,
  },
  {
    name: "warps that meet in a named barrier of half of them",
    body: "shared[t] = in[t]; sync_named(1 + t / 64, 64); out[t] = shared[(t + 64) % 128];",
    code: "race",
    text: /without a barrier|nothing has written/,
    watched: true,
  },
  {
    name: "shared memory that nothing wrote",
    body: "out[t] = shared[t + 512];",
    code: "poison",
    text: /shared\+2\d\d\d, which nothing has written/,
    watched: true,
  },
  {
    name: "a copy that nobody waits for",
    body:
      "copy_async<4>(shared + t, in + t); copy_async_commit(); sync_threads(); out[t] = " +
      "shared[t];",
    code: "race",
    text: /to which a copy is under way/,
    watched: true,
  },
  {
    name: "a copy that only its thread waits for",
    body:
      "copy_async<4>(shared + t, in + t); copy_async_commit(); copy_async_wait<0>(); out[t] = " +
      "shared[127 - t];",
    code: "race",
    text: /under way|without a barrier|nothing has written/,
    watched: true,
  },
  {
    name: "one group too many left under way",
    body:
      "copy_async<4>(shared + t, in + t); copy_async_commit(); copy_async_wait<1>(); " +
      "sync_threads(); out[t] = shared[127 - t];",
    code: "race",
    text: /under way/,
    watched: true,
  },
  {
    name: "misaligned accesses",
    body: "out[t] = *reinterpret_cast<const double*>(in + 1);",
    code: "misaligned",
    text: /read of 8 bytes at 0x/,
    watched: true,
  },
  {
    name: "an access just past shared memory",
    body: "shared[1024 + t] = 0;",
    code: "out-of-bounds",
    text: /write of 4 bytes at offset 4\d\d\d of shared memory, which has 4096/,
    watched: true,
  },
  {
    name: "an access far past shared memory",
    body: "shared[5000 + t] = 0;",
    code: "out-of-bounds",
    text: /outside its 4096 bytes of shared memory, at offset 2\d\d\d\d/,
  },
  {
    name: "an access past the end of global memory",
    body: "out[t] = in[t + 128];",
    code: "out-of-bounds",
    text: /where no memory is/,
  },
  {
    name: "a null pointer",
    body: "out[t] = *reinterpret_cast<float*>(t * 4 + 8);",
    code: "out-of-bounds",
    text: /access to 0x|access to \(nil\)/,
  },
  {
    name: "a stack that overflows",
    body: "volatile char big[300000]; big[0] = 1; out[t] = big[0];",
    code: "out-of-bounds",
    text: /stack overflow/,
  },
  {
    name: "threads that miss a barrier",
    body: "if (t < 64) sync_threads(); else sync_named(1, 128); out[t] = 0;",
    code: "hang",
    text: /0-63 in sync_threads: 64 of 128 threads came\n.*64-127 in sync_named 1: 64 of 128/,
  },
  {
    name: "a named barrier with different counts",
    body: "sync_named(2, t < 64 ? 96 : 128);",
    code: "barrier",
    text: /sync_named 2 for (96|128) threads while others wait there for/,
  },
  {
    name: "a named barrier for half a warp",
    body: "sync_named(2, 48);",
    code: "barrier",
    text: /a multiple of 32/,
  },
  {
    name: "a shuffle that half the warp skips",
    body: "if (t % 2) out[t] = shuffle(in[t], 0); sync_threads();",
    code: "divergence",
    text: /sync_threads: 64 of 128[^]*shuffle for the rest of the warp/,
  },
  {
    name: "different instructions in one warp",
    body: "if (t % 2) out[t] = shuffle(in[t], 0); else sync_warp();",
    code: "divergence",
    text: /while other lanes of its warp/,
  },
  {
    name: "a shuffle after lanes have ended",
    body: "if (t % 32 == 3) return; out[t] = shuffle(in[t], 0);",
    code: "divergence",
    text: /lanes have ended|ended/,
  },
  {
    name: "misaligned rows of a matrix",
    body:
      "uint32_t fragment[4]; load_matrix_x4(fragment, shared + t % 32 * 4 + 1); out[t] = " +
      "fragment[0];",
    code: "misaligned",
    text: /load_matrix_x4 at shared\+\d+, which is not a multiple of 16/,
  },
  {
    name: "a misaligned copy",
    body: "copy_async<16>(shared + t * 4, in + 1);",
    code: "misaligned",
    text: /copy_async<16> from/,
  },
  {
    name: "a copy past shared memory",
    body: "copy_async<16>(shared + 1022 + t * 4, in);",
    code: "out-of-bounds",
    text: /copy_async on 16 bytes at offset \d+ of shared memory, which has 4096/,
  },
  {
    name: "a division by zero",
    body: "out[t] = 5 / static_cast<int>(in[0] - 1);",
    code: "trap",
    text: /integer division by zero/,
  },
  {
    name: "a thread that never ends",
    body: "for (;;) sync_warp();",
    code: "hang",
    text: /100000 switches between threads and no end in sight/,
  },
];

const head = `#include "platform/async_copy.cuh"
#include "platform/matrix.cuh"
using namespace sigil;
`;
const kernel = (
  body: string,
  name: string,
): string => `SIGIL_KERNEL(${name}, 128, 1)(const float* in, float* out) {
  float* const shared = reinterpret_cast<float*>(shared_memory());
  const int t = thread_x();
  (void)shared, (void)t;
  ${body}
}
SIGIL_EXPORT(${name})
`;

describe.skipIf(!hostCompiler)(`faults of kernels ${needsGxx}`, () => {
  const fine = kernel("shared[t] = in[t]; sync_threads(); out[t] = shared[127 - t];", "fine");
  const sources = {
    cases: head + cases.map(({ body }, index) => kernel(body, `case_${index}`)).join("") + fine,
  };
  const built = {
    plain: hostCompiler && EmulatedModule.build(sources),
    watched: hostCompiler && EmulatedModule.build(sources, { checked: true }),
  };

  const outcome = (
    module: EmulatedModule,
    index: number,
    seed: number,
  ): { code: Code; message: string; out: readonly number[] } => {
    const input = module.upload(Float32Array.from({ length: 128 }, (_, i) => i + 1)),
      out = module.allocate(512);
    try {
      module.launch(`case_${index}`, {
        grid: [1],
        threads: 128,
        sharedBytes: 4096,
        parameters: [input, out],
        seed,
        watchdogSteps: 1e5,
      });
      return { code: "ok", message: "", out: [...out.as(Float32Array, 4)] };
    } catch (error) {
      if (error instanceof LaunchFault)
        return { code: error.code, message: error.message, out: [] };
      throw error;
    } finally {
      input.free();
      out.free();
    }
  };

  test.each(cases.map((one, index) => [one.name, one, index] as const))(
    "%s",
    async (_, { code, text, watched }, index) => {
      const module = (await built[watched ? "watched" : "plain"])!;
      for (let seed = 0; seed < 8; seed++) {
        const { code: received, message } = outcome(module, index, seed);
        expect.soft({ received, message }).toEqual({
          received: code === "race" && /nothing has written/.test(message) ? "poison" : code,
          message: expect.stringMatching(text),
        });
        expect.soft(message).toMatch(new RegExp(`^kernel case_${index}, block \\(0, 0, 0\\)`));
      }
    },
  );

  test("a block's threads and results are right after another launch failed", async () => {
    const module = (await built.watched)!;
    for (let seed = 0; seed < 8; seed++) {
      expect(outcome(module, 0, seed).code).not.toBe("ok");
      const input = module.upload(Float32Array.from({ length: 128 }, (_, i) => i)),
        out = module.allocate(512);
      module.launch("fine", {
        grid: [1],
        threads: 128,
        sharedBytes: 4096,
        parameters: [input, out],
        seed,
      });
      expect([...out.as(Float32Array, 4)]).toEqual(Array.from({ length: 128 }, (_, i) => 127 - i));
    }
  });

  test("launches that no card would take", async () => {
    const module = (await built.plain)!;
    const memory = module.allocate(512);
    const launch = (
      name: string,
      options: Partial<Parameters<EmulatedModule["launch"]>[1]>,
    ): void =>
      module.launch(name, { grid: [1], threads: 128, parameters: [memory, memory], ...options });
    expect(() => launch("nothing", {})).toThrow("there is no kernel nothing here");
    expect(() => launch("case_0", { parameters: [memory] })).toThrow(
      "kernel case_0 takes 16 bytes of parameters and got 8",
    );
    expect(() => launch("case_0", { threads: 256 })).toThrow(
      "kernel case_0 takes blocks of at most 128 x 1 x 1 threads and got 256",
    );
    expect(() => launch("case_0", { sharedBytes: 232449 })).toThrow("a block has at most 232448");
    expect(() => launch("case_0", { grid: [3], cluster: 2 })).toThrow(
      "no multiple of clusters of 2",
    );
    expect(() => launch("case_0", { grid: [0] })).toThrow("a grid of 0");
    expect(() => launch("case_0", { grid: [16], cluster: 16 })).toThrow("at most 8 are portable");
  });
});
