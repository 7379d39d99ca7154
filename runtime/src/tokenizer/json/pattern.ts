import { isObject } from "../config/problems.ts";
import { TokenizerError } from "../error.ts";
import type { Component } from "./component.ts";

/**
 * A global RegExp for the `pattern` of a component, `{ "String": ... }` or `{ "Regex": ... }`;
 * throws TokenizerError when it has no JavaScript equal.
 */
export function compilePattern(spec: Component): RegExp {
  const pattern = spec.value("pattern");
  const { String: literal, Regex: source } = isObject(pattern) ? pattern : {};
  if (typeof literal === "string")
    return new RegExp(literal.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), "gu");
  if (typeof source !== "string") return spec.fail("pattern", "String or Regex", pattern);
  if (repeatsRepeats(source))
    spec.fail("pattern", "no repeated group with a repetition or choice in it", source);
  try {
    return new RegExp(fromOniguruma(source), "gu");
  } catch (cause) {
    throw new TokenizerError(
      `tokenizer.json: ${spec.at}.pattern: cannot use ${JSON.stringify(source.slice(0, 200))}`,
      undefined,
      { cause },
    );
  }
}

/**
 * Whether a group that can match one text in several ways is repeated, as in `(a+)+`: on some texts
 * that takes time exponential in their length, and files come from strangers.
 */
function repeatsRepeats(source: string): boolean {
  const varies = [false];
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    if (char === "\\") i++;
    else if (char === "[") {
      while (++i < source.length && source[i] !== "]") if (source[i] === "\\") i++;
    } else if (char === "(") varies.push(false);
    else if (char === ")") {
      const inside = varies.pop();
      if (inside && /[*+{]/.test(source[i + 1] ?? "")) return true;
      varies.push((varies.pop() ?? false) || inside === true);
    } else if (/[*+{|]/.test(char)) varies.push(varies.pop() !== undefined);
  }
  return false;
}

/**
 * Rewrites Oniguruma syntax where it differs from JavaScript's `u` mode: `\s` is Unicode
 * White_Space, `\d` and
 * `\w` are Unicode, escaping a character that has no meaning is allowed, and `[` in a class is
 * literal here.
 */
function fromOniguruma(source: string): string {
  let result = "";
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    if (char === "\\") {
      const next = source[++i] ?? "";
      const wide = wideClasses[next];
      if (wide !== undefined)
        result += inClass && next === next.toLowerCase() ? wide.slice(1, -1) : wide;
      else if (/[^A-Za-z0-9]/.test(next)) {
        const meaningful = /[\^$\\.*+?()[\]{}|/]/.test(next) || (inClass && next === "-");
        result += meaningful ? `\\${next}` : next;
      } else result += `\\${next}`;
      continue;
    }
    if (inClass && char === "[") result += "\\[";
    else result += char;
    if (char === "[") inClass = true;
    else if (char === "]") inClass = false;
  }
  return result;
}

const wideClasses: Readonly<Record<string, string>> = {
  s: "[\\p{White_Space}]",
  S: "[^\\p{White_Space}]",
  d: "[\\p{Nd}]",
  D: "[^\\p{Nd}]",
  w: "[\\p{L}\\p{M}\\p{N}\\p{Pc}]",
  W: "[^\\p{L}\\p{M}\\p{N}\\p{Pc}]",
};
