import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

it("an addon of another version is not loaded, and models run on WebAssembly", () => {
  const folder = mkdtempSync(join(tmpdir(), "sigil-addon-"));
  const addon = join(folder, "addon.cjs");
  writeFileSync(addon, "module.exports = { descriptorVersion: 1 };");
  const program = `
    import { compile, cpuArtifact } from "@sigil/compiler";
    import { syntheticWeights } from "@sigil/runtime/internal";
    import { openCpuSession } from "@sigil/runtime-cpu";
    import { loadSpec, specPath } from "@sigil/spec";
    const artifact = cpuArtifact(await compile(loadSpec(specPath("siglip-shapes"))));
    const tensors = Object.entries(artifact.plan.tensors).map(([name, shape]) => ({ name, shape }));
    const session = await openCpuSession(artifact, syntheticWeights(tensors, 0), {});
    console.log(session.backend);
    await session.dispose();`;
  const { stdout, stderr } = spawnSync("node", ["--input-type=module", "-e", program], {
    cwd: join(import.meta.dirname, "../.."),
    encoding: "utf8",
    env: { ...process.env, SIGIL_NATIVE_ADDON: addon },
  });
  expect(stderr).toBe("");
  expect(stdout).toMatch(
    /^cpu: WebAssembly, since the native addon was built for another version of @sigil\/runtime-/,
  );
  rmSync(folder, { recursive: true });
});
