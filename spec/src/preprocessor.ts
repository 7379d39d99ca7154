/** Reads the settings of an image processor for which a model is compiled. */
import type { Diagnostic } from "./diagnostic.ts";
import type { SigilSpec } from "./generated/sigil.ts";
import { diagnosticAt, type JsonSource } from "./json-source.ts";
import { isObject } from "./json-object.ts";
import { validate } from "./schema-validation.ts";
import { checkChannels } from "./spec-rules.ts";

/**
 * Files beside a config.json that may have these settings, and the pointer to them. transformers
 * takes the first that has them.
 */
export const preprocessorFiles = [
  { name: "processor_config.json", pointer: "/image_processor" },
  { name: "preprocessor_config.json", pointer: "" },
] as const;

/** How bytes are normalised before the model computes with them, in the form of a spec. */
export type Normalisation = Pick<SigilSpec, "rescale_factor" | "image_mean" | "image_std">;

const keys = ["rescale_factor", "image_mean", "image_std"] as const;

/**
 * Reads the normalisation from the settings of an image processor at a pointer of a file, as
 * SiglipImageProcessor of transformers does. Absent values stay absent, and a single number applies
 * to every channel. A step that `do_rescale` or `do_normalize` turns off, by false or by null,
 * changes nothing. `stated` are values of the spec itself, which are kept and not looked for.
 */
export function normalisationOf(
  source: JsonSource,
  pointer: string,
  stated: Partial<Normalisation>,
  channels: number | undefined,
  diagnostics: Diagnostic[],
): Partial<Normalisation> {
  const given = settingsAt(source, pointer, diagnostics);
  if (!given) return {};
  const found: Record<string, unknown> = {};
  for (const key of keys) {
    const value = given[key];
    if (stated[key] === undefined && value !== undefined)
      found[key] = key !== "rescale_factor" && typeof value === "number" ? [value] : value;
  }
  const off = {
    do_rescale: { rescale_factor: 1 },
    do_normalize: { image_mean: [0], image_std: [1] },
  };
  for (const [key, unchanged] of Object.entries(off)) {
    const value = given[key] === undefined ? true : (given[key] ?? false);
    if (typeof value !== "boolean")
      diagnostics.push(
        diagnosticAt(source, `${pointer}/${key}`, {
          code: "wrong-type",
          message: `\`${key}\` must be a boolean, not ${JSON.stringify(value)}`,
        }),
      );
    if (value === false)
      for (const [name, values] of Object.entries(unchanged))
        if (!(name in stated)) found[name] = values;
  }
  // Of a whole spec, so that the values keep the rules of those that a spec states; the validation
  // fills in defaults, which are not of this file.
  const problems = validate(
    "sigil",
    { name: "x", architecture: "siglip", config: {}, ...found },
    source,
    pointer,
  );
  if (problems.length === 0) checkChannels(found, channels, { source, pointer }, problems);
  diagnostics.push(...problems);
  return found as Partial<Normalisation>;
}

/** Reads `max_num_patches` from the settings of an image processor at a pointer of a file. */
export function maxNumPatchesOf(
  source: JsonSource,
  pointer: string,
  diagnostics: Diagnostic[],
): number | undefined {
  const most = settingsAt(source, pointer, diagnostics)?.max_num_patches;
  if (most === undefined || most === null) return undefined;
  if (Number.isSafeInteger(most) && (most as number) >= 1) return most as number;
  diagnostics.push(
    diagnosticAt(source, `${pointer}/max_num_patches`, {
      code: "wrong-type",
      message: `\`max_num_patches\` must be a positive integer, not ${JSON.stringify(most)}`,
    }),
  );
  return undefined;
}

function settingsAt(
  source: JsonSource,
  pointer: string,
  diagnostics: Diagnostic[],
): Readonly<Record<string, unknown>> | undefined {
  const given =
    pointer === ""
      ? source.value
      : (source.value as Record<string, unknown> | null)?.[pointer.slice(1)];
  if (isObject(given)) return given;
  diagnostics.push(
    diagnosticAt(source, pointer, {
      code: "wrong-type",
      message: "the settings of an image processor must be an object",
    }),
  );
  return undefined;
}
