/**
 * Names of the sets of WebGPU shaders: one per class of adapter and features of a device, of which
 * a page downloads the one that fits.
 */

/** Classes of adapters. */
export const adapterKinds = ["desktop", "integrated", "mobile", "software"] as const;
export type AdapterKind = (typeof adapterKinds)[number];

/** Features of a device that shaders are written with where it has them; nothing needs one. */
export const kernelFeatures = ["shader-f16", "subgroups"] as const;
export type KernelFeature = (typeof kernelFeatures)[number];

/** Which features a set may use, most first, as the runtime tries them. */
export const featureSets: readonly (readonly KernelFeature[])[] = [
  ["shader-f16", "subgroups"],
  ["shader-f16"],
  ["subgroups"],
  [],
];

/** A class alone runs on any of its devices; the others need shader-f16, subgroups, or both. */
export type KernelSet =
  | AdapterKind
  | `${AdapterKind}-f16`
  | `${AdapterKind}-subgroups`
  | `${AdapterKind}-f16-subgroups`;

const suffix: Readonly<Record<KernelFeature, string>> = {
  "shader-f16": "-f16",
  subgroups: "-subgroups",
};

/** The set's name for a class and features, whose order does not matter. */
export const kernelSetName = (kind: AdapterKind, features: readonly KernelFeature[]): KernelSet =>
  (`${kind}` +
    kernelFeatures
      .map((feature) => (features.includes(feature) ? suffix[feature] : ""))
      .join("")) as KernelSet;
