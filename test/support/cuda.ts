/** The CUDA runtime without a card: its addon, built for the tests, and the emulated driver. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { syntheticWeights } from "@sigil/runtime";
import { openCudaSession, type CudaSession, type CudaSessionOptions } from "@sigil/runtime-cuda";
import { buildEmulatedDriver, emulate } from "@sigil/runtime-cuda/emulated";
import type { ModelSpec } from "@sigil/spec";
import { hostCompiler } from "./gxx.ts";

const folder = join(import.meta.dirname, "../../runtime-cuda");
export const addonFile = join(folder, "build/Release/sigil_cuda.node");

/**
 * Builds the addon if it is older than its sources; test files that start together wait for the
 * first.
 */
async function buildAddon(): Promise<void> {
  const lock = join(folder, "build.lock");
  const isFresh = (): boolean =>
    existsSync(addonFile) &&
    readdirSync(join(folder, "native")).every(
      (name) => statSync(join(folder, "native", name)).mtimeMs <= statSync(addonFile).mtimeMs,
    );
  for (const deadline = Date.now() + 120_000; ; ) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      // Left behind by a run that was killed.
      if (Date.now() > deadline) rmSync(lock, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  try {
    if (isFresh()) return;
    const { status, stderr } = spawnSync("node", [join(folder, "scripts/build-addon.mjs")], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the addon does not build:\n${stderr}`);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

if (hostCompiler) await buildAddon();

/** Path of the emulated driver; undefined where tests must skip. */
export const emulatedDriver = hostCompiler && (await buildEmulatedDriver());

/** Opens a spec on the emulated driver, with the synthetic weights of a seed. */
export async function openEmulated(
  spec: ModelSpec,
  seed: number,
  options: CudaSessionOptions = {},
): Promise<CudaSession> {
  const { cuda } = await compile({ ...spec, targets: ["cuda"] });
  const { artifact, driver } = await emulate(cuda!);
  const weights = syntheticWeights(
    Object.entries(cuda!.plan.tensors).map(([name, shape]) => ({ name, shape })),
    seed,
  );
  return openCudaSession(artifact, weights, {
    driver,
    path: "portable",
    onWarning: () => {},
    ...options,
  });
}
