/** Decides how each matrix is stored, by `storage` and `quantize` of a spec and by its config. */
import type { Diagnostic } from "./diagnostic.ts";
import type { Storage, WeightStorage } from "./generated/plan.ts";
import type { SigilSpec, StorageChoice } from "./generated/sigil.ts";
import { diagnosticAt, type JsonSource } from "./json-source.ts";
import { isObject } from "./json-object.ts";

/** A quantisation that is not yet bound to a matrix. */
export interface Quantization {
  readonly bits: 4 | 8;
  /** How many columns share a scale. Default: the whole row. */
  readonly group?: number;
  /**
   * Weights that share a scale in bitsandbytes' way, which counts on from row to row: groups are as
   * long as those of a row that none of these blocks cuts.
   */
  readonly block?: number;
  readonly book?: "nf4" | "fp4";
  /** Whether weights that share a scale also share a zero point. */
  readonly zero_point?: boolean;
}

export interface StorageRule {
  /** A pattern of checkpoint names, in which * matches anything. */
  readonly pattern: string;
  readonly storage: Storage | Quantization;
  /** The JSON pointer of the rule, if it comes from the spec. */
  readonly pointer?: string;
}

/** What the names of quantisations stand for. */
const named: Readonly<Record<string, Quantization>> = {
  int8: { bits: 8 },
  int4: { bits: 4, group: 32 },
  nf4: { bits: 4, block: 64, book: "nf4" },
  fp4: { bits: 4, block: 64, book: "fp4" },
};
const chosen = (choice: StorageChoice): Storage | Quantization =>
  typeof choice === "string" ? (named[choice] ?? (choice as Storage)) : choice;

/** The storage of what no rule names, and the rules of a spec in their order. */
export function storageOfSpec(
  { storage, quantize = {} }: Pick<SigilSpec, "storage" | "quantize">,
  source: JsonSource,
  diagnostics: Diagnostic[],
): { readonly storage: Storage; readonly quantize: readonly StorageRule[] } {
  const checked = (choice: StorageChoice, pointer: string): Storage | Quantization => {
    // What is neither was reported by its schema.
    if (typeof choice !== "string" && !isObject(choice)) return "float32";
    if (typeof choice === "object" && choice.bits === 8 && choice.book)
      diagnostics.push(
        diagnosticAt(source, `${pointer}/book`, {
          code: "contradictory-sizes",
          message: `${choice.book} has 16 numbers, whose codes are 4 bits wide, not 8`,
          help: "set bits to 4",
        }),
      );
    if (typeof choice === "object" && choice.zero_point && choice.book)
      diagnostics.push(
        diagnosticAt(source, `${pointer}/zero_point`, {
          code: "contradictory-sizes",
          message: `${choice.book} has a code for zero, so it cannot have zero points`,
          help: "leave out either book or zero_point",
        }),
      );
    return chosen(choice);
  };
  const whole = checked(storage, "/storage");
  const rules = Object.entries(isObject(quantize) ? quantize : {}).map(
    ([pattern, choice]): StorageRule => {
      const pointer = `/quantize/${pattern.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      return { pattern, storage: checked(choice, pointer), pointer };
    },
  );
  return typeof whole === "string"
    ? { storage: whole, quantize: rules }
    : { storage: "float32", quantize: [...rules, { pattern: "*", storage: whole }] };
}

/** Whether a name matches a pattern. The time is proportional to the product of their lengths. */
export function fitsPattern(name: string, pattern: string): boolean {
  const [first, ...rest] = pattern.split("*") as [string, ...string[]];
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** How a matrix with `columns` columns is stored. */
export function storageOf(
  {
    storage,
    quantize = [],
  }: { readonly storage: Storage; readonly quantize?: readonly StorageRule[] },
  tensor: string,
  columns: number,
): WeightStorage {
  const choice = quantize.find(({ pattern }) => fitsPattern(tensor, pattern))?.storage ?? storage;
  if (typeof choice === "string") return choice;
  const { bits, group = columns, block, book, zero_point: zeroPoint } = choice;
  return {
    bits,
    group: block === undefined ? Math.min(group, columns) : divisor(columns, block),
    ...(book && { book }),
    ...(zeroPoint && { zero_point: true }),
  };
}
