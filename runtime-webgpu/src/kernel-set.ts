/**
 * Which set of kernels a device gets: those of its class, with as many of its features as there are
 * shaders for.
 */
import {
  featureSets,
  kernelFeatures,
  kernelSetName,
  type AdapterKind,
  type KernelSet,
} from "@sigil/spec/shared";

export { kernelFeatures, type KernelSet };

/**
 * The features of a device that kernels may use. Subgroups count from 8 threads on: kernels compute
 * the same in smaller ones, which
 * adapters have that run threads as lanes of a short vector, but slower than without.
 */
export function offeredFeatures({
  features,
  adapterInfo,
}: {
  readonly features: { has(feature: string): boolean };
  readonly adapterInfo: { readonly subgroupMinSize?: number };
}): ReadonlySet<string> {
  return new Set(
    kernelFeatures.filter(
      (feature) =>
        features.has(feature) &&
        (feature !== "subgroups" || (adapterInfo.subgroupMinSize ?? 0) >= 8),
    ),
  );
}

/**
 * The name of the first set in `sets` that a device with `features` can run; a set that would be
 * equal to a later one is not there.
 */
export function kernelSet(
  sets: Readonly<Record<AdapterKind, unknown> & Partial<Record<KernelSet, unknown>>>,
  kind: AdapterKind,
  features: ReadonlySet<string>,
): KernelSet {
  const able = featureSets
    .filter((wanted) => wanted.every((feature) => features.has(feature)))
    .map((wanted) => kernelSetName(kind, wanted));
  return able.find((name) => sets[name] !== undefined) ?? kind;
}
