/**
 * NEON on an emulated processor, beside AVX2 on this one: float32 gives the same bits. Takes
 * Debian's qemu-user-static and g++-aarch64-linux-gnu.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { hostCompiler } from "../support/gxx.ts";
import { scaledError } from "../support/golden-cases.ts";
import { requires } from "../support/require.ts";
import { buildRunner } from "./build-runner.ts";
import { arenaAfter, writeCases } from "./cases.ts";

const floatsOf = (bytes: Buffer): Float32Array =>
  new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const there = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
const [qemu, compiler] = ["qemu-aarch64-static", "aarch64-linux-gnu-g++"];
const emulated =
  hostCompiler !== undefined && process.arch === "x64" && there(qemu) && there(compiler);
if (!emulated && requires("qemu"))
  throw new Error(`REQUIRE=qemu, but there is no ${qemu}, or no ${compiler}`);

describe.skipIf(!emulated)("an arm64 processor (needs qemu; REQUIRE=qemu)", () => {
  it("gives the bits of AVX2", { timeout: 300_000 }, async () => {
    const { program: here } = buildRunner();
    const { program: arm } = buildRunner(["-static"], { compiler, arch: "arm64" });
    for (const name of ["tiny", "tiny-awkward"])
      for (const storage of ["float32", "float16", "bfloat16", "int8", "nf4", "integers"] as const)
        for (const path of await writeCases(name, storage)) {
          const expected = arenaAfter([here], "avx2", 1, path);
          if (!expected) return;
          const actual = arenaAfter([qemu, arm], "neon", 2, path)!;
          expect(actual.equals(expected), path).toBe(true);
          if (storage === "integers")
            for (const set of ["neon_dot", "neon_bf16", "neon_i8mm"]) {
              const dots = arenaAfter([qemu, "-cpu", "max", arm], set, 2, path)!;
              expect(dots.equals(expected), `${set}, ${path}`).toBe(true);
            }
          if (storage !== "bfloat16") continue;
          // BFDOT rounds what goes into products, as the bar of bfloat16 allows.
          const pairs = arenaAfter([qemu, "-cpu", "max", arm], "neon_bf16", 2, path)!;
          // Scores have no weights.
          expect(pairs.equals(expected), path).toBe(path.includes("scores"));
          expect(scaledError(floatsOf(pairs), floatsOf(expected)), path).toBeLessThan(2e-2);
          // BFMMLA is two BFDOTs, one behind the other.
          const blocks = arenaAfter([qemu, "-cpu", "max", arm], "neon_i8mm", 2, path)!;
          expect(blocks.equals(pairs), path).toBe(true);
          const older = [qemu, "-cpu", "cortex-a72", arm];
          expect(arenaAfter(older, "neon_bf16", 2, path)).toBeUndefined();
        }
  });
});
