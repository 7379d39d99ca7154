import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { it } from "vitest";

const script = join(import.meta.dirname, "../../scripts/generate-warpgroup-shapes.mjs");

it("warpgroup_shapes.cuh is what its generator writes", () => {
  execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" });
});
