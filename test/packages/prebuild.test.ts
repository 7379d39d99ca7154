/**
 * The CUDA addon as a user gets it: prebuilt, found by node-gyp-build, and asking for no newer
 * libraries than Node itself.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPrebuilt } from "./install-prebuilt.ts";
import { emulatedDriver } from "../support/cuda.ts";
import { needsGxx } from "../support/gxx.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-prebuild-"));
afterAll(() => rmSync(folder, { recursive: true }));
const prebuilds = join(folder, "runtime-cuda", "prebuilds", `${process.platform}-${process.arch}`);

/** What an installed package says of a driver. */
const script = `
import { openDriver } from "@sigil/runtime-cuda";
const said = [];
for (const path of process.argv.slice(1))
  said.push(
    await openDriver(path).then(
      ({ devices }) => devices[0].name,
      ({ name, code, message }) => ({ name, code, message }),
    ),
  );
console.log(JSON.stringify(said));
`;

const app = join(folder, "app");
/** Without a PATH there is no compiler to fall back to. */
const said = (): unknown[] =>
  JSON.parse(
    execFileSync(
      process.execPath,
      ["--input-type=module", "-e", script, "/nowhere/libcuda.so.1", emulatedDriver!],
      { cwd: app, encoding: "utf8", env: { PATH: "" } },
    ),
  ) as unknown[];

describe.skipIf(!emulatedDriver || process.platform !== "linux")(
  `a prebuilt addon ${needsGxx}`,
  { timeout: 240_000 },
  () => {
    beforeAll(() => installPrebuilt(folder, "runtime-cuda"), 240_000);

    it("is all that an installed package needs", () => {
      const installed = join(app, "node_modules", "@sigil", "runtime-cuda");
      expect(existsSync(join(installed, "build"))).toBe(false);
      expect(said()).toEqual([
        {
          name: "CudaError",
          code: "no-driver",
          message: expect.stringContaining("/nowhere/libcuda.so.1"),
        },
        "Sigil emulated device",
      ]);
      rmSync(join(installed, "prebuilds"), { recursive: true });
      expect(said()[0]).toMatchObject({
        name: "CudaError",
        code: "no-addon",
        message: expect.stringMatching(/run `node .*runtime-cuda.scripts.build-addon\.mjs`/),
      });
    });

    it("says which C library it is for, and asks for no newer libraries than Node 20 does", () => {
      const [file, ...others] = readdirSync(prebuilds);
      expect([file, others]).toEqual([
        `@sigil+runtime-cuda.${existsSync("/etc/alpine-release") ? "musl" : "glibc"}.node`,
        [],
      ]);
      if (process.arch !== "x64") return;
      const symbols = execFileSync("objdump", ["-T", join(prebuilds, file!)], { encoding: "utf8" });
      const newest = (library: string): number[] =>
        [...symbols.matchAll(new RegExp(`\\(${library}_([0-9.]+)\\)`, "g"))]
          .map(([, version]) => version!.split(".").map(Number))
          .sort(
            (a, b) =>
              a.map((part, i) => part - (b[i] ?? 0)).find((difference) => difference !== 0) ??
              a.length - b.length,
          )
          .at(-1)!;
      // Node's own: glibc 2.28, GCC 8's libstdc++.
      expect(newest("GLIBC")[1]).toBeLessThanOrEqual(28);
      expect(newest("GLIBCXX")[2]).toBeLessThanOrEqual(25);
      const exported = symbols
        .split("\n")
        .filter((line) => / g +D/.test(line))
        .map((line) => line.split(/\s+/).at(-1));
      expect(exported.sort()).toEqual([
        "napi_register_module_v1",
        "node_api_module_get_api_version_v1",
      ]);
    });
  },
);
