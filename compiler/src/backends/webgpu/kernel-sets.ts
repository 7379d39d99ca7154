/** Sets of shaders: one per class of adapter and features of a device, of which a page downloads the one that fits. */
import type { TuningTable } from "@sigil/spec";
import { adapterKinds, kernelFeatures, tuningOf, type AdapterKind, type KernelFeature, type Tuning } from "./tuning.ts";

/** A class alone for any of its devices, or with the features that its shaders use; runtime-webgpu knows these names. */
export type KernelSet = AdapterKind | `${AdapterKind}-f16` | `${AdapterKind}-subgroups` | `${AdapterKind}-f16-subgroups`;

const suffix: Readonly<Record<KernelFeature, string>> = { "shader-f16": "-f16", subgroups: "-subgroups" };

/** The set's name for a class and features, whose order does not matter. */
export const kernelSetName = (kind: AdapterKind, features: readonly KernelFeature[]): KernelSet => `${kind}${kernelFeatures.map((feature) => (features.includes(feature) ? suffix[feature] : "")).join("")}` as KernelSet;

/** Most features first, as the runtime tries them. */
const featureSets: readonly (readonly KernelFeature[])[] = [["shader-f16", "subgroups"], ["shader-f16"], ["subgroups"], []];

/** Every set with its tuning. */
export const kernelSets = (table?: TuningTable): Readonly<Record<KernelSet, Tuning>> =>
  Object.fromEntries(adapterKinds.flatMap((kind) => [...featureSets].reverse().map((features) => [kernelSetName(kind, features), tuningOf(kind, features, table)]))) as Record<KernelSet, Tuning>;

/** Without the sets that are what a device with their features gets if they are missing; a class's own stays always. */
export function distinctSets<T>(sets: Readonly<Record<KernelSet, T>>): Readonly<Record<AdapterKind, T> & Partial<Record<KernelSet, T>>> {
  const kept = { ...sets } as Record<AdapterKind, T> & Partial<Record<KernelSet, T>>;
  const text = (name: KernelSet): string => JSON.stringify(sets[name]);
  for (const kind of adapterKinds) {
    const [both, f16, subgroups, plain] = featureSets.map((features) => kernelSetName(kind, features)) as [KernelSet, KernelSet, KernelSet, KernelSet];
    if (text(f16) === text(plain)) delete kept[f16];
    if (text(subgroups) === text(plain)) delete kept[subgroups];
    // A device with both tries f16 before subgroups.
    const instead = [f16, subgroups].find((name) => kept[name] !== undefined) ?? plain;
    if (text(both) === text(instead)) delete kept[both];
  }
  return kept;
}
