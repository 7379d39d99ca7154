import { isId, readAddedTokens, type AddedToken } from "./added-token.ts";
import { isObject, Problems } from "./problems.ts";
import type { TokenizerConfig } from "./tokenizer-config.ts";

/** The parsed files of a checkpoint that describe its tokens. Absent files are undefined. */
export interface TokenizerFiles {
  /** tokenizer_config.json */
  readonly tokenizerConfig?: unknown;
  /** special_tokens_map.json */
  readonly specialTokensMap?: unknown;
  /** added_tokens.json */
  readonly addedTokens?: unknown;
  /** tokenizer.json */
  readonly tokenizerJson?: unknown;
}

/**
 * Merges the files into one configuration, as `from_pretrained` of transformers does. The other
 * three count only if `tokenizer_config.json` has no `added_tokens_decoder`, as in files written
 * before transformers 4.34. Throws TokenizerError for damaged files.
 */
export function tokenizerConfigOf(files: TokenizerFiles): TokenizerConfig {
  const { tokenizerConfig = {} } = files;
  if (!isObject(tokenizerConfig) || "added_tokens_decoder" in tokenizerConfig)
    return tokenizerConfig as TokenizerConfig;
  const merged: Record<string, unknown> = { ...tokenizerConfig };
  renameAdditional(merged);
  mergeSpecialTokens(merged, files.specialTokensMap);
  if (Array.isArray(merged.extra_special_tokens)) delete merged.additional_special_tokens;
  const added: Record<string, AddedToken> = {};
  mergeAddedTokens(added, merged, files.addedTokens);
  mergeTokenizerJson(added, files.tokenizerJson);
  return { ...merged, added_tokens_decoder: added };
}

/** `additional_special_tokens` is the older name. It counts if the newer one is absent. */
function renameAdditional(config: Record<string, unknown>): void {
  const { extra_special_tokens: extra, additional_special_tokens: additional } = config;
  const empty = !extra || (typeof extra === "object" && Object.keys(extra).length === 0);
  if (!empty || additional === undefined) return;
  config.extra_special_tokens = additional;
  delete config.additional_special_tokens;
}

function mergeSpecialTokens(merged: Record<string, unknown>, map: unknown): void {
  if (map === undefined) return;
  const problems = new Problems("special_tokens_map.json");
  if (!isObject(map)) problems.expected("the file", "an object", map);
  else
    for (const [key, value] of Object.entries(map)) {
      const before = merged[key];
      if (key !== "extra_special_tokens") {
        merged[key] = isObject(value) ? { ...value, special: true, __type: "AddedToken" } : value;
      } else if (Array.isArray(value))
        merged[key] = [...(Array.isArray(before) ? before : []), ...value];
      else merged[key] = value;
    }
  problems.throwIfAny();
}

function mergeAddedTokens(
  added: Record<string, AddedToken>,
  config: Readonly<Record<string, unknown>>,
  file: unknown,
): void {
  if (file === undefined) return;
  const problems = new Problems("added_tokens.json");
  const special = new Set(specialTexts(config));
  if (!isObject(file)) problems.expected("the file", "an object of ids by token", file);
  else
    for (const [content, id] of Object.entries(file))
      if (isId(id))
        added[id] = {
          content,
          special: special.has(content),
          normalized: !special.has(content),
          single_word: false,
          lstrip: false,
          rstrip: false,
        };
      else problems.expected(JSON.stringify(content), "an id", id);
  problems.throwIfAny();
}

/** The texts of the special tokens in a configuration. */
function specialTexts(config: Readonly<Record<string, unknown>>): string[] {
  const { extra_special_tokens: extra, additional_special_tokens: additional } = config;
  const listed = [extra, additional].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  );
  const named = Object.keys(config)
    .filter((key) => key.endsWith("_token"))
    .map((key) => config[key]);
  return [...listed, ...named].flatMap((token) =>
    typeof token === "string"
      ? token
      : isObject(token) && typeof token.content === "string"
        ? token.content
        : [],
  );
}

function mergeTokenizerJson(added: Record<string, AddedToken>, file: unknown): void {
  if (!isObject(file)) return;
  const problems = new Problems("tokenizer.json");
  for (const [id, token] of readAddedTokens(file.added_tokens, problems)) added[id] = token;
  problems.throwIfAny();
}
