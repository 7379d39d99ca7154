import { isQuantized, type Plan } from "@sigil/spec";

/** How the matrices of a plan are stored, in words: `float16`, or `int4, int8 and float32`. */
export function storageNames({ storage, programs }: Pick<Plan, "storage" | "programs">): string {
  const names = new Set(
    programs
      .flatMap(({ weights }) => weights)
      .flatMap(({ layout }) =>
        layout.kind !== "panels"
          ? []
          : isQuantized(layout.storage)
            ? [layout.storage.book ?? `int${layout.storage.bits}`]
            : [layout.storage],
      ),
  );
  const [last, ...others] = [...names].reverse();
  if (last === undefined) return storage;
  return others.length === 0 ? last : `${others.reverse().join(", ")} and ${last}`;
}
