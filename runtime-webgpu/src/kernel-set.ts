/** Which set of kernels a device gets: those of its class, with as many of its features as there are shaders for. */
import type { AdapterKind } from "./adapter-kind.ts";

/** A class alone runs on any of its devices; the others need shader-f16, subgroups, or both. */
export type KernelSet = AdapterKind | `${AdapterKind}-f16` | `${AdapterKind}-subgroups` | `${AdapterKind}-f16-subgroups`;

/** Features that kernels are written with where a device has them. */
export const kernelFeatures = ["shader-f16", "subgroups"] as const satisfies readonly GPUFeatureName[];

/**
 * The features of a device that kernels may use. Subgroups count from 8 threads on: kernels compute the same in smaller ones, which
 * adapters have that run threads as lanes of a short vector, but slower than without.
 */
export function offeredFeatures({ features, adapterInfo }: Pick<GPUDevice, "features" | "adapterInfo">): ReadonlySet<string> {
  return new Set(kernelFeatures.filter((feature) => features.has(feature) && (feature !== "subgroups" || (adapterInfo.subgroupMinSize ?? 0) >= 8)));
}

/** The name of the first set in `sets` that a device with `features` can run; a set that would be equal to a later one is not there. */
export function kernelSet(sets: Readonly<Record<AdapterKind, unknown> & Partial<Record<KernelSet, unknown>>>, kind: AdapterKind, features: ReadonlySet<string>): KernelSet {
  const [f16, subgroups] = kernelFeatures.map((feature) => features.has(feature));
  const named = ([[f16 && subgroups, "-f16-subgroups"], [f16, "-f16"], [subgroups, "-subgroups"]] as const).find(([offered, suffix]) => offered && sets[`${kind}${suffix}`] !== undefined);
  return named ? `${kind}${named[1]}` : kind;
}
