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
 * Checks a `tokenizer_config.json`; throws a TokenizerError that lists every problem. `defaults` are
 * the class's tokens where the file names none.
 */
export function readSettings(
  config: TokenizerConfig,
  defaults: Readonly<Record<string, string>> = {},
): TokenizerSettings {
  const problems = new Problems("tokenizer_config.json");
  if (!isObject(config)) {
    problems.expected("the file", "an object", config);
    problems.throwIfAny();
  }
  const values: Readonly<Record<string, unknown>> = config;

  /** Null is false, as in Python. */
  const flag = (key: string): boolean | undefined => {
    const value = values[key];
    if (value === undefined || typeof value === "boolean") return value;
    return value === null ? false : problems.expected(key, "true or false", value);
  };
  const length = (key: string): number | undefined => {
    const value = values[key];
    if (value === undefined) return undefined;
    if (value === null) return Infinity;
    if (typeof value !== "number" || !(value > 0) || value % 1 !== 0)
      return value === Infinity
        ? value
        : problems.expected(key, "a positive whole number or null", value);
    return Number.isSafeInteger(value) ? value : Infinity;
  };
  const side = (key: string): Side | undefined => {
    const value = values[key];
    return value === undefined || value === "left" || value === "right"
      ? value
      : problems.expected(key, '"left" or "right"', value);
  };
  const tokens = (key: string): AddedToken[] => {
    const value = values[key];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return problems.expected(key, "a list of tokens", value) ?? [];
    return value.flatMap((token, i) => readToken(token, `${key}[${i}]`, problems) ?? []);
  };

  const tokenizerClass = readClass(values, problems);
  const named = readNamed(values, defaults, problems);
  const extra = isObject(values.extra_special_tokens) ? [] : tokens("extra_special_tokens");
  const additional = tokens("additional_special_tokens");
  refuse(values, problems);
  const settings: TokenizerSettings = {
    tokenizerClass,
    named,
    extra: extra.length > 0 || hasKeys(values.extra_special_tokens) ? extra : additional,
    added: readAdded(values.added_tokens_decoder, problems),
    doLowerCase: flag("do_lower_case"),
    modelMaxLength: length("model_max_length"),
    maxLen: length("max_len"),
    returnsAttentionMask: readInputNames(values.model_input_names, problems),
    paddingSide: side("padding_side"),
    truncationSide: side("truncation_side"),
    cleanUp: flag("clean_up_tokenization_spaces") ?? false,
    cleanUpBpe:
      flag("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output") ?? false,
    splitSpecial: flag("split_special_tokens") ?? false,
    legacy: flag("legacy") ?? true,
  };
  problems.throwIfAny();
  return settings;
}

type Values = Readonly<Record<string, unknown>>;

const known = ["SiglipTokenizer", "Siglip2Tokenizer", "GemmaTokenizer", "PreTrainedTokenizer"];

function readClass(values: Values, problems: Problems): string | undefined {
  const value = values.tokenizer_class;
  if (value === undefined || value === null) return undefined;
  const name = typeof value === "string" ? value.replace(/Fast$/, "") : "";
  if (known.includes(name) || name === "TokenizersBackend") return name;
  return problems.expected(
    "tokenizer_class",
    "SiglipTokenizer, Siglip2Tokenizer, GemmaTokenizer or PreTrainedTokenizerFast",
    value,
    "another class gives other ids for the same files; name one of these where texts are to be " +
      "read as SigLIP does",
  );
}

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

/** Whether rows come with a mask; undefined where the file does not say. */
function readInputNames(value: unknown, problems: Problems): boolean | undefined {
  if (value === undefined) return undefined;
  const names: readonly unknown[] = Array.isArray(value) ? value : [];
  const listed = names[0] === "input_ids" && names.every((name) => typeof name === "string");
  if (!listed)
    problems.expected("model_input_names", "a list of names that begins with input_ids", value);
  else if (names.includes("token_type_ids"))
    problems.expected(
      "model_input_names",
      "names of inputs that SigLIP has",
      "token_type_ids",
      "leave it out",
    );
  return names.includes("attention_mask");
}

/** What asks for something that Sigil does not do. */
function refuse(values: Values, problems: Problems): void {
  const { sp_model_kwargs: kwargs, auto_map: map, fast_tokenizer_files: files } = values;
  // nbest_size and alpha are how enable_sampling samples.
  const sampling = (key: string): boolean => key === "nbest_size" || key === "alpha";
  if (
    hasKeys(kwargs) &&
    !(
      isObject(kwargs) &&
      Object.entries(kwargs).every(([key, value]) => value === false || sampling(key))
    )
  )
    problems.expected("sp_model_kwargs", "no sampling and no added ids", kwargs);
  if (hasKeys(map) && !(isObject(map) && map.AutoTokenizer === undefined))
    problems.expected("auto_map", "no tokenizer in code of the checkpoint's own", map);
  if (hasKeys(files) && !(Array.isArray(files) && files.every((file) => file === "tokenizer.json")))
    problems.expected("fast_tokenizer_files", "tokenizer.json alone", files);
  for (const key of ["gguf_file", "init_inputs"])
    if (hasKeys(values[key])) problems.expected(key, "nothing", values[key]);
}

/** Whether a value is there and holds something. */
function hasKeys(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value === "object" ? Object.keys(value).length > 0 : true;
}
