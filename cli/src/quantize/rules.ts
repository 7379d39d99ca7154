import { InputError } from "@sigil/runtime";
import type { StorageChoice } from "@sigil/spec";
import type { Target } from "./targets.ts";

export interface RuleOptions {
  readonly to: Target;
  /** Columns that share a scale, of int4. */
  readonly group: string;
  /** Whether groups of int4 have zero points. */
  readonly zeroPoints?: boolean;
  /** How the token embeddings are stored; of as many bits as the matrices when undefined. */
  readonly table?: "int8" | "int4" | "float16" | undefined;
  /** Patterns of what stays as it is. */
  readonly keep: readonly string[];
  /** Patterns of what goes to 8 bits where the others have 4. */
  readonly raised: readonly string[];
}

/**
 * What is used once and feeds everything, and what stands before the cosine or the scores: 4 bits
 * there cost more than everywhere else together.
 */
const sensitive = [
  "*patch_embedding.weight",
  "vision_model.head.*",
  "text_model.head.weight",
  "classifier.weight",
];

/**
 * The field `quantize` of a spec for a value of `--to`. For nf4 and fp4, bitsandbytes decides which
 * matrices are quantised, and the rules are in its own config.
 */
export function rulesFor({
  to,
  group,
  zeroPoints = false,
  table = to === "int4" ? "int4" : "int8",
  keep,
  raised,
}: RuleOptions): Record<string, StorageChoice> {
  if (to === "nf4" || to === "fp4")
    throw new Error("internal: Sigil has no rules for the types of bitsandbytes");
  const grouped = (columns: number): StorageChoice => ({
    ...{ bits: 4, group: columns },
    ...(zeroPoints && { zero_point: true }),
  });
  const tables: StorageChoice = table === "int4" ? grouped(32) : table;
  return {
    ...Object.fromEntries(keep.map((pattern) => [pattern, "float16" as const])),
    "*position_embedding.weight": "float16",
    ...(to === "int4"
      ? Object.fromEntries([...sensitive, ...raised].map((pattern) => [pattern, "int8" as const]))
      : {}),
    "*token_embedding.weight": tables,
    "*": to === "int8" ? "int8" : grouped(Number(group)),
  };
}

/** Throws InputError for a pattern that matches no matrix of the model. */
export function checkKept(
  keep: readonly string[],
  names: readonly string[],
  fits: (name: string, pattern: string) => boolean,
): void {
  const strange = keep.find((pattern) => !names.some((name) => fits(name, pattern)));
  if (strange !== undefined)
    throw new InputError(
      `--keep ${strange}: no matrix of the model has such a name; the names are ` +
        `${names.slice(0, 3).join(", ")} and ${Math.max(0, names.length - 3)} more`,
    );
}
