/**
 * Decides which set of kernels a device gets: that of its class, with as many of its features as
 * there are shaders for.
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
 * The features of a device that kernels may use. Subgroups count from 8 threads on. Smaller ones
 * give the same results, but are slower than none: adapters with such subgroups run threads as
 * lanes of a short vector.
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
 * The name of the first set in `sets` that a device with `features` can run. A set that would equal
 * a later one does not exist.
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
