/**
 * The native runtime under GCC's sanitizers, and descriptors that nobody should have written: what
 * is wrong with one is found when it is loaded, and what is loaded stays inside its memory, whose
 * ends nobody may touch.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { instructionSets } from "../support/native.ts";
import { requires } from "../support/require.ts";
import { buildRunner } from "./build-runner.ts";
import { arenaAfter, writeCases } from "./cases.ts";

const here = hostCompiler !== undefined && instructionSets.length > 0;
/** Builds of about a minute each on two busy cores. */
const slow = requires("slow");

function fuzz(
  program: string,
  set: string,
  path: string,
  count: number,
): { ran: number; refused: number } {
  const { status, signal, stdout, stderr } = spawnSync(
    program,
    ["fuzz", set, "2", path, String(count), "7"],
    { encoding: "utf8", timeout: 300_000 },
  );
  expect(status, `${set}, ${path}: ${signal ?? ""} ${stderr}`).toBe(0);
  return JSON.parse(stdout) as { ran: number; refused: number };
}

describe.skipIf(!here)(`mutated descriptors ${needsGxx}`, () => {
  it("are refused, or run inside their memory", { timeout: 300_000 }, async () => {
    const { program } = buildRunner();
    let [ran, refused] = [0, 0];
    for (const path of [
      ...(await writeCases("tiny")),
      ...(await writeCases("tiny-mask")),
      ...(await writeCases("tiny", "nf4")),
      ...(await writeCases("tiny", "integers")),
    ]) {
      const counts = fuzz(program, instructionSets[0]!, path, 200);
      ran += counts.ran;
      refused += counts.refused;
    }
    expect(refused).toBeGreaterThan(500);
    expect(ran).toBeGreaterThan(100);
  });
});

describe.skipIf(!here || !slow)("under sanitizers (needs g++ and REQUIRE=slow)", () => {
  it("AddressSanitizer and UBSan find nothing", { timeout: 900_000 }, async () => {
    const { program } = buildRunner([
      // More of either takes twice as long to compile.
      "-Og",
      "-g1",
      "-fsanitize=address,undefined",
      "-fno-sanitize-recover=all",
    ]);
    for (const storage of ["float32", "bfloat16", "float16", "int8", "int4", "integers"] as const)
      for (const path of await writeCases("tiny-awkward", storage))
        for (const set of instructionSets) {
          expect(arenaAfter([program], set, 2, path)).toBeDefined();
          fuzz(program, set, path, 100);
        }
  });

  it("ThreadSanitizer finds nothing", { timeout: 900_000 }, async () => {
    const { program } = buildRunner(["-Og", "-g1", "-fsanitize=thread"]);
    for (const path of await writeCases("tiny"))
      for (const set of instructionSets)
        expect(
          arenaAfter(["env", "TSAN_OPTIONS=halt_on_error=1", program], set, 2, path),
        ).toBeDefined();
  });
});
