import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { buildEmulated, EmulatorError, findHostCompiler } from "@sigil/runtime-cuda/emulated";
import { hostCompiler, needsGxx } from "../support/gxx.ts";

const fill = (
  name: string,
  body = "out[thread_x()] = value;",
): string => `#include "platform/language.cuh"
SIGIL_KERNEL(${name}, 32, 1)(float* out, float value) { using namespace sigil; ${body} }
SIGIL_EXPORT(${name})
`;

test("a missing compiler is named, with what to install", async () => {
  await expect(findHostCompiler({ CXX: "no-such-compiler" })).rejects.toThrow(
    new EmulatorError(
      "no-compiler",
      "no-such-compiler does not run: emulated kernels are compiled on this machine, which " +
        "needs g++ 10 or newer (Debian: apt install g++), or its name in CXX",
    ),
  );
});

// Compiling the engine takes seconds of a core, and much longer beside other tests.
describe.skipIf(!hostCompiler)(
  `building emulated kernels ${needsGxx}`,
  { timeout: 300_000 },
  () => {
    const cache = mkdtempSync(join(tmpdir(), "sigil-emulated-test-"));
    afterAll(() => rmSync(cache, { recursive: true, force: true }));
    const build = (sources: Record<string, string>): ReturnType<typeof buildEmulated> =>
      buildEmulated(sources, { cache });
    const objects = (): number => readdirSync(cache).filter((name) => name.endsWith(".o")).length;

    test("is done once for the same sources, and once for each object", async () => {
      const [first, again] = await Promise.all([build({ a: fill("a") }), build({ a: fill("a") })]);
      expect(first.file).toBe(again.file);
      expect(await build({ a: fill("a") })).toEqual({ file: first.file, cached: true });
      const before = objects();
      const both = await build({ a: fill("a"), b: fill("b") });
      expect(both.cached).toBe(false);
      expect(both.file).not.toBe(first.file);
      expect(objects()).toBe(before + 1);
      expect((await build({ a: fill("a", "out[0] = value;") })).file).not.toBe(first.file);
      expect(readdirSync(cache).filter((name) => name.endsWith(".part"))).toEqual([]);
    });

    test("a kernel that does not compile is named with what the compiler says", async () => {
      const error = await build({
        good: fill("good"),
        broken: fill("broken", "out[0] = nonsense;"),
      }).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(EmulatorError);
      expect(error).toMatchObject({ code: "compile", kernel: "broken" });
      expect((error as Error).message).toMatch(
        /refuses the kernel broken:\n.*broken\.cu:2:\d+: error: .nonsense. was not declared/,
      );
    });

    test("two kernels of one name do not link", async () => {
      const error = await build({ one: fill("same"), two: fill("same") }).catch(
        (error: unknown) => error,
      );
      expect(error).toMatchObject({
        code: "compile",
        message: expect.stringMatching(
          /does not link the kernels:\n[^]*multiple definition of .sigil_exported_same/,
        ),
      });
    });

    test("an aborted build can be done again", async () => {
      const abort = new AbortController();
      const started = buildEmulated({ late: fill("late") }, { cache, signal: abort.signal });
      abort.abort(new Error("enough"));
      await expect(started).rejects.toThrow("enough");
      expect((await build({ late: fill("late") })).cached).toBe(false);
    });
  },
);
