/** The native addon as a user gets it: prebuilt, and found where there is no compiler. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needsGxx } from "../support/gxx.ts";
import { instructionSets } from "../support/native.ts";
import { installPrebuilt } from "./install-prebuilt.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-native-prebuild-"));
afterAll(() => rmSync(folder, { recursive: true }));
const app = join(folder, "app");
const script = `
import { chooseInstructionSet } from "@sigil/runtime-native";
try {
  console.log(JSON.stringify(chooseInstructionSet()));
} catch ({ name, code, message }) {
  console.log(JSON.stringify({ name, code, message }));
}
`;
/** Without a PATH there is no compiler to fall back to. */
const said = (): unknown =>
  JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: app,
      encoding: "utf8",
      env: { PATH: "" },
    }),
  );

describe.skipIf(instructionSets.length === 0 || process.platform !== "linux")(
  `a prebuilt native addon ${needsGxx}`,
  { timeout: 240_000 },
  () => {
    beforeAll(() => installPrebuilt(folder, "runtime-native"), 240_000);

    it("is all that an installed package needs, and what it says where there is none", () => {
      const installed = join(app, "node_modules", "@sigil", "runtime-native");
      expect(existsSync(join(installed, "build"))).toBe(false);
      expect(said()).toBe(instructionSets[0]);
      rmSync(join(installed, "prebuilds"), { recursive: true });
      expect(said()).toMatchObject({
        name: "NativeError",
        code: "no-addon",
        message: expect.stringMatching(/run `node .*runtime-native.scripts.build-addon\.mjs`/),
      });
    });
  },
);
