import { readToken, type AddedToken } from "./added-token.ts";
import { isObject, Problems } from "./problems.ts";
import type { Side, TokenizerConfig } from "./tokenizer-config.ts";

/** `SPECIAL_TOKENS_ATTRIBUTES` of transformers, in its order. */
const standardTokens = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map(
  (name) => `${name}_token`,
);

/** Special tokens of SiglipTokenizer where the configuration names none. */
export const siglipTokens = { eos_token: "</s>", unk_token: "<unk>", pad_token: "</s>" } as const;

/** `model_max_length` of SiglipTokenizer where the configuration has none. */
export const siglipMaxLength = 64;

/** A `tokenizer_config.json` that was checked. What the file leaves open is undefined. */
export interface TokenizerSettings {
  readonly tokenizerClass: string | undefined;
  /** Named special tokens by key, in transformers' order; undefined where the file says null. */
  readonly named: ReadonlyMap<string, AddedToken | undefined>;
  /** Further special tokens. */
  readonly extra: readonly AddedToken[];
  /** `added_tokens_decoder`, by id. */
  readonly added: ReadonlyMap<number, AddedToken> | undefined;
  readonly doLowerCase: boolean | undefined;
  /** Infinity for null and for 1e30, which transformers writes where it is not known. */
  readonly modelMaxLength: number | undefined;
  readonly maxLen: number | undefined;
  readonly returnsAttentionMask: boolean | undefined;
  readonly paddingSide: Side | undefined;
  readonly truncationSide: Side | undefined;
  readonly cleanUp: boolean;
  readonly cleanUpBpe: boolean;
  readonly splitSpecial: boolean;
  readonly legacy: boolean;
}

/**
 * Checks a `tokenizer_config.json`; throws a TokenizerError that lists every problem. `defaults`
 * are the class's tokens where the file names none.
 */
export function readSettings(
  config: TokenizerConfig,
  defaults: Readonly<Record<string, string>> = {},
): TokenizerSettings {
  const problems = new Problems("tokenizer_config.json");
  if (!isObject(config)) problems.expected("the file", "an object", config);
  const values: Values = isObject(config) ? config : {};
  const check = <T>(key: string, expected: string, valid: (value: unknown) => value is T) => {
    const value = values[key];
    if (value === undefined || valid(value)) return value;
    return problems.expected(key, expected, value);
  };
  /** Null is false, as in Python. */
  const flag = (key: string) => check(key, "true or false", isFlag);
  const length = (key: string) => {
    const value = check(key, "a positive whole number or null", isLength);
    return value === null || !Number.isSafeInteger(value ?? 0) ? Infinity : value;
  };
  const side = (key: string) => check(key, '"left" or "right"', isSide);
  const tokens = (key: string) =>
    (check(key, "a list of tokens", isList) ?? []).flatMap(
      (token, i) => readToken(token, `${key}[${i}]`, problems) ?? [],
    );

  const extra = isObject(values.extra_special_tokens) ? [] : tokens("extra_special_tokens");
  const additional = tokens("additional_special_tokens");
  const names = check("model_input_names", "a list that begins with input_ids", isInputNames);
  for (const [key, expected, holds] of refused)
    if (holds(values[key])) problems.expected(key, expected, values[key]);
  const settings: TokenizerSettings = {
    tokenizerClass: check("tokenizer_class", classes.join(", "), isClass)?.replace(/Fast$/, ""),
    named: readNamed(values, defaults, problems),
    extra: extra.length > 0 || holdsSomething(values.extra_special_tokens) ? extra : additional,
    added: readAdded(values.added_tokens_decoder, problems),
    doLowerCase: orFalse(flag("do_lower_case")),
    modelMaxLength: length("model_max_length"),
    maxLen: length("max_len"),
    returnsAttentionMask: names?.includes("attention_mask"),
    paddingSide: side("padding_side"),
    truncationSide: side("truncation_side"),
    cleanUp: flag("clean_up_tokenization_spaces") ?? false,
    cleanUpBpe:
      flag("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output") ?? false,
    splitSpecial: flag("split_special_tokens") ?? false,
    legacy: orFalse(flag("legacy")) ?? true,
  };
  problems.throwIfAny();
  return settings;
}

type Values = Readonly<Record<string, unknown>>;

const isFlag = (value: unknown): value is boolean | null =>
  value === null || typeof value === "boolean";
const orFalse = (flag: boolean | null | undefined) => (flag === null ? false : flag);
/** Any size: transformers writes 1e30 for what is not known. */
const isLength = (value: unknown): value is number | null =>
  value === null ||
  (typeof value === "number" && value > 0 && (Number.isInteger(value) || value === Infinity));
const isSide = (value: unknown): value is Side => value === "left" || value === "right";
const isList = (value: unknown): value is readonly unknown[] | null =>
  value === null || Array.isArray(value);
const isInputNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value[0] === "input_ids" &&
  value.every((name) => typeof name === "string" && name !== "token_type_ids");

/** Others give other ids for the same files. */
const classes = [
  "SiglipTokenizer",
  "Siglip2Tokenizer",
  "GemmaTokenizer",
  "PreTrainedTokenizer",
  "TokenizersBackend",
];
const isClass = (value: unknown): value is string | null =>
  value === null || (typeof value === "string" && classes.includes(value.replace(/Fast$/, "")));

/**
 * What asks for something that Sigil does not do: where, what may stand there, and whether it asks.
 */
const refused: readonly (readonly [string, string, (value: unknown) => boolean])[] = [
  // nbest_size and alpha are how enable_sampling samples.
  [
    "sp_model_kwargs",
    "no sampling and no added ids",
    (value) =>
      holdsSomething(value) &&
      !(
        isObject(value) &&
        Object.keys(value).every((key) => !value[key] || key === "nbest_size" || key === "alpha")
      ),
  ],
  [
    "auto_map",
    "no tokenizer in code of the checkpoint's own",
    (value) => holdsSomething(isObject(value) ? value.AutoTokenizer : value),
  ],
  [
    "fast_tokenizer_files",
    "tokenizer.json alone",
    (value) =>
      holdsSomething(value) &&
      !(Array.isArray(value) && value.every((file) => file === "tokenizer.json")),
  ],
  ["gguf_file", "nothing", holdsSomething],
  ["init_inputs", "nothing", holdsSomething],
];

/** The standard ones first, then `*_token` keys, then the objects of tokens by name. */
function readNamed(
  values: Values,
  defaults: Readonly<Record<string, string>>,
  problems: Problems,
): Map<string, AddedToken | undefined> {
  const named = new Map<string, AddedToken | undefined>();
  for (const key of standardTokens) {
    const value = values[key] === undefined ? defaults[key] : values[key];
    if (value === undefined) continue;
    named.set(key, value === null ? undefined : readToken(value, key, problems));
  }
  for (const [key, value] of Object.entries(values))
    if (key.endsWith("_token") && !named.has(key) && isToken(value))
      named.set(key, readToken(value, key, problems));
  for (const key of ["model_specific_special_tokens", "extra_special_tokens"]) {
    const value = values[key];
    if (isObject(value))
      for (const [name, token] of Object.entries(value))
        named.set(name, readToken(token, `${key}.${name}`, problems));
    else if (value !== undefined && value !== null && key !== "extra_special_tokens")
      problems.expected(key, "an object of tokens by name", value);
  }
  return named;
}

/** Whether transformers takes the value of some `*_token` key for a token. */
function isToken(value: unknown): boolean {
  return typeof value === "string" || (isObject(value) && value.__type === "AddedToken");
}

function readAdded(value: unknown, problems: Problems): Map<number, AddedToken> | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value))
    return problems.expected("added_tokens_decoder", "an object of tokens by id", value);
  const added = new Map<number, AddedToken>();
  for (const [id, given] of Object.entries(value)) {
    const at = `added_tokens_decoder.${id}`;
    if (!/^\d{1,9}$/.test(id)) problems.expected(at, "an id as key", id);
    const token = readToken(given, at, problems, false);
    if (token) added.set(Number(id), token);
  }
  return added;
}

/** Whether a value is there and is not empty. */
function holdsSomething(value: unknown): boolean {
  return typeof value === "object" ? Object.keys(value ?? {}).length > 0 : value !== undefined;
}
