import { isObject, type Problems } from "./problems.ts";

/** A token that is cut out of texts whole. Keys are those of Hugging Face's files. */
export interface AddedToken {
  readonly content: string;
  /** Left out when decoding with `skipSpecialTokens`. */
  readonly special: boolean;
  /** Looked for in normalised text. */
  readonly normalized: boolean;
  /** Found only where no letter or digit is beside it. */
  readonly single_word: boolean;
  /** Takes the whitespace before it along. */
  readonly lstrip: boolean;
  /** Takes the whitespace after it along. */
  readonly rstrip: boolean;
}

/** The token that transformers makes of a string. */
export function specialToken(content: string): AddedToken {
  return flagged(content, { special: true });
}

/**
 * Reads a token: an object with `content` and flags, or, where `strings` says so, a string for a
 * special token. Undefined after noting a problem.
 */
export function readToken(
  value: unknown,
  at: string,
  problems: Problems,
  strings = true,
): AddedToken | undefined {
  if (strings && typeof value === "string") return specialToken(value);
  if (!isObject(value) || typeof value.content !== "string")
    return problems.expected(
      at,
      strings ? "a string or an object with content" : "an object with content",
      value,
    );
  for (const flag of ["special", "normalized", "single_word", "lstrip", "rstrip"])
    if (value[flag] !== undefined && typeof value[flag] !== "boolean")
      return problems.expected(`${at}.${flag}`, "true or false", value[flag]);
  return flagged(value.content, value as Partial<AddedToken>);
}

/**
 * Reads `added_tokens` of a tokenizer.json: tokens by id, in the file's order. What is wrong is
 * noted and left out.
 */
export function readAddedTokens(value: unknown, problems: Problems): Map<number, AddedToken> {
  const tokens = new Map<number, AddedToken>();
  if (value === undefined || value === null) return tokens;
  if (!Array.isArray(value)) {
    problems.expected("added_tokens", "a list", value);
    return tokens;
  }
  value.forEach((entry: unknown, i) => {
    const at = `added_tokens[${i}]`;
    const token = readToken(entry, at, problems, false);
    const id = isObject(entry) ? entry.id : undefined;
    if (!isId(id)) problems.expected(`${at}.id`, "an id", id);
    else if (token) tokens.set(id, token);
  });
  return tokens;
}

/** Ids are smaller than in any vocabulary by far, and fit every integer type. */
export function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 30;
}

function flagged(content: string, flags: Partial<AddedToken>): AddedToken {
  const { special = false, single_word = false, lstrip = false, rstrip = false } = flags;
  return {
    content,
    special,
    normalized: flags.normalized ?? !special,
    single_word,
    lstrip,
    rstrip,
  };
}
