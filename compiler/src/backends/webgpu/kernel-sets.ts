/** Sets of shaders with their tuning, and which of them need a file. */
import {
  adapterKinds,
  featureSets,
  kernelSetName,
  type AdapterKind,
  type KernelSet,
  type TuningTable,
} from "@sigil/spec";
import { tuningOf, type Tuning } from "./tuning.ts";

/** Every set with its tuning. */
export const kernelSets = (table?: TuningTable): Readonly<Record<KernelSet, Tuning>> =>
  Object.fromEntries(
    adapterKinds.flatMap((kind) =>
      [...featureSets]
        .reverse()
        .map((features) => [kernelSetName(kind, features), tuningOf(kind, features, table)]),
    ),
  ) as Record<KernelSet, Tuning>;

/**
 * Leaves out each set that equals the one which a device with its features gets without it. The set
 * of a class without features always stays.
 */
export function distinctSets<T>(
  sets: Readonly<Record<KernelSet, T>>,
): Readonly<Record<AdapterKind, T> & Partial<Record<KernelSet, T>>> {
  const kept = { ...sets } as Record<AdapterKind, T> & Partial<Record<KernelSet, T>>;
  const text = (name: KernelSet): string => JSON.stringify(sets[name]);
  for (const kind of adapterKinds) {
    const [both, f16, subgroups, plain] = featureSets.map((features) =>
      kernelSetName(kind, features),
    ) as [KernelSet, KernelSet, KernelSet, KernelSet];
    if (text(f16) === text(plain)) delete kept[f16];
    if (text(subgroups) === text(plain)) delete kept[subgroups];
    // A device with both tries f16 before subgroups.
    const instead = [f16, subgroups].find((name) => kept[name] !== undefined) ?? plain;
    if (text(both) === text(instead)) delete kept[both];
  }
  return kept;
}
