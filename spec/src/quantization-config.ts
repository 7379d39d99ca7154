/**
 * How the matrices of a quantised checkpoint are stored: the quantization_config of its
 * config.json.
 */
import type { Diagnostic } from "./diagnostic.ts";
import type { SigilSpec } from "./generated/sigil.ts";
import type { ConfigPlace } from "./config-place.ts";
import { diagnosticAt, type Problem } from "./json-source.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { validate } from "./schema-validation.ts";
import { shown } from "./shown.ts";
import { storageOfSpec, type StorageRule } from "./storage-rules.ts";

/**
 * What replace_with_bnb_linear of transformers leaves as it is: it takes modules whose type is
 * nn.Linear, and these are a convolution, a parameter, and a subclass.
 */
const notLinear = [
  "*patch_embedding.weight",
  "*.in_proj_weight",
  "*.head.attention.out_proj.weight",
];

const isText = (value: unknown): value is string => typeof value === "string";

/** The rules that a config's quantization_config amounts to, none where there is none. */
export function quantizationRules(
  config: JsonObject,
  { source, pointer }: ConfigPlace,
  diagnostics: Diagnostic[],
): readonly StorageRule[] {
  const given = config.quantization_config;
  if (given === undefined || given === null) return [];
  const at = `${pointer}/quantization_config`;
  const report = (key: string, problem: Problem): readonly StorageRule[] => {
    diagnostics.push(diagnosticAt(source, at + key, problem));
    return [];
  };
  if (!isObject(given))
    return report("", {
      code: "wrong-type",
      message: "`quantization_config` must be an object",
    });
  const method = given.quant_method;
  if (method === "bitsandbytes") return bitsandbytes(given, report);
  if (method === "sigil") {
    const spec = {
      name: "checkpoint",
      architecture: "siglip",
      config: {},
      quantize: given.quantize ?? {},
    } as unknown as SigilSpec;
    const faults = validate("sigil", spec, source, at);
    if (faults.length === 0)
      return storageOfSpec(spec, source, diagnostics).quantize.map(({ pattern, storage }) => ({
        pattern,
        storage,
      }));
    diagnostics.push(...faults);
    return [];
  }
  if (method === "compressed-tensors") return compressedTensors(given, report);
  return report("/quant_method", {
    code: "unsupported-quantization",
    message: `quantisation by ${JSON.stringify(method)} is not supported`,
    help: "use `bitsandbytes`, `compressed-tensors`, or a folder that `sigil quantize` wrote",
  });
}

function bitsandbytes(
  given: JsonObject,
  report: (key: string, problem: Problem) => readonly StorageRule[],
): readonly StorageRule[] {
  const eight = given.load_in_8bit ?? given._load_in_8bit;
  const type = eight ? "int8" : (given.bnb_4bit_quant_type ?? "fp4");
  if (type !== "int8" && type !== "nf4" && type !== "fp4")
    return report("/bnb_4bit_quant_type", {
      code: "unsupported-quantization",
      message: `bitsandbytes has no 4-bit type ${JSON.stringify(type)}`,
      help: "`nf4` or `fp4`",
    });
  const skipped = Array.isArray(given.llm_int8_skip_modules) ? given.llm_int8_skip_modules : [];
  const quantization =
    type === "int8" ? ({ bits: 8 } as const) : ({ bits: 4, block: 64, book: type } as const);
  return [
    ...notLinear,
    // An entry is the beginning of a module's name, or its end.
    ...skipped.filter(isText).flatMap((name) => [`${name}*`, `*${name}.weight`]),
  ]
    .map((pattern): StorageRule => ({ pattern, storage: "float32" }))
    .concat({ pattern: "*", storage: quantization });
}

/**
 * One group of all linears, their weights integers of 8 or 4 bits, or floats of 8 bits, which are
 * read as floats. What it says of activations is left alone: they stay floats.
 */
function compressedTensors(
  given: JsonObject,
  report: (key: string, problem: Problem) => readonly StorageRule[],
): readonly StorageRule[] {
  const groups = Object.entries(isObject(given.config_groups) ? given.config_groups : {});
  const [name, group] = groups[0] ?? ["group_0", undefined];
  const weights = isObject(group) ? group.weights : undefined;
  const refuse = (what: string): readonly StorageRule[] =>
    report(`/config_groups/${name}`, {
      code: "unsupported-quantization",
      message: `weights of compressed-tensors ${what} are not supported`,
      help: "use one group with targets `Linear`, of 8 or 4 bits per channel or group, or float8",
    });
  if (groups.length !== 1 || !isObject(group) || !isObject(weights))
    return refuse(`in ${groups.length} groups`);
  const { num_bits: bits, type = "int", symmetric = true, strategy, group_size: size } = weights;
  const targets = [group.targets].flat();
  if (targets.length !== 1 || targets[0] !== "Linear") return refuse(`for ${shown(group.targets)}`);
  if (type === "float" && bits === 8 && (strategy === "tensor" || strategy === "channel"))
    return [];
  const grouped = strategy === "group";
  if (type !== "int" || typeof symmetric !== "boolean" || (!grouped && strategy !== "channel"))
    return refuse(
      `by ${shown(strategy)}, of type ${shown(type)}` +
        `${typeof symmetric === "boolean" ? "" : `, symmetric ${shown(symmetric)}`}`,
    );
  if ((bits !== 8 && bits !== 4) || (grouped && !Number.isSafeInteger(size)))
    return refuse(`of ${shown(bits)} bits`);
  const ignored = Array.isArray(given.ignore) ? given.ignore.filter(isText) : [];
  const pattern = ignored.find((entry) => entry.startsWith("re:"));
  if (pattern !== undefined) return refuse(`that ignore ${pattern}`);
  return [...notLinear, ...ignored.map((entry) => `${entry}.weight`)]
    .map((entry): StorageRule => ({ pattern: entry, storage: "float32" }))
    .concat({
      pattern: "*",
      storage: {
        bits,
        ...(grouped && { group: size as number }),
        ...(!symmetric && { zero_point: true }),
      },
    });
}
