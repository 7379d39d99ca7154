/** The CUDA runtime without a card: its addon, built for the tests, and the emulated driver. */
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { syntheticWeights } from "@sigil/runtime";
import { openCudaSession, type CudaSession, type CudaSessionOptions } from "@sigil/runtime-cuda";
import { buildEmulatedDriver, emulate } from "@sigil/runtime-cuda/emulated";
import type { ModelSpec } from "@sigil/spec";
import { buildAddon } from "./build-addon.ts";
import { hostCompiler } from "./gxx.ts";

const folder = join(import.meta.dirname, "../../runtime-cuda");
export const addonFile = join(folder, "build/Release/sigil_cuda.node");

if (hostCompiler) await buildAddon(folder, addonFile);

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
