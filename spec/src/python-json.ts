/**
 * Parses JSON as Python's json module writes it: `NaN`, `Infinity` and `-Infinity` may take the
 * place of numbers.
 */

/**
 * The deepest nesting of arrays and objects in a file. Published files need fewer than ten levels.
 */
export const deepestJson = 128;

/** Thrown for a text with deeper nesting. */
export class JsonDepthError extends SyntaxError {
  /** The offset of the bracket that opens one level too many. */
  readonly offset: number;
  constructor(offset: number) {
    super(`nested deeper than ${deepestJson} levels at position ${offset}`);
    this.name = "JsonDepthError";
    this.offset = offset;
  }
}

/** One of Python's constants as a whole value: a key is followed by a colon. */
const constant = /(?:NaN|-?Infinity)(?![\w.+-]|\s*:)/y;
const partOfWord = /[\w.+-]/;

/**
 * The text with Python's constants as strict JSON of the same length, so that offsets stay; NaN
 * becomes a string of one character, `marker`, that no string of the text has. Throws
 * JsonDepthError.
 */
export function strictJson(text: string): { readonly strict: string; readonly marker: string } {
  const marker = unusedCharacter(text);
  let strict = "";
  let copied = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '"') {
      while (++i < text.length && text[i] !== '"') if (text[i] === "\\") i++;
    } else if (character === "[" || character === "{") {
      if (++depth > deepestJson) throw new JsonDepthError(i);
    } else if (character === "]" || character === "}") depth--;
    else if (character === "N" || character === "I" || character === "-") {
      constant.lastIndex = i;
      const word = constant.exec(text)?.[0];
      if (word === undefined || partOfWord.test(text[i - 1] ?? "")) continue;
      // Beyond what a double holds, which JSON.parse reads as infinite.
      const value = { NaN: `"${marker}"`, Infinity: "1e999999" }[word] ?? "-1e999999";
      strict += text.slice(copied, i) + value;
      copied = i + word.length;
      i = copied - 1;
    }
  }
  return { strict: strict + text.slice(copied), marker };
}

/** A private-use character that the text neither has nor escapes. */
function unusedCharacter(text: string): string {
  for (let code = 0xe000; ; code++) {
    const character = String.fromCharCode(code);
    const escape = new RegExp(`\\\\u${code.toString(16)}`, "i");
    if (!text.includes(character) && !escape.test(text)) return character;
  }
}

/**
 * Parses JSON, including Python's `NaN`, `Infinity` and `-Infinity`. A repeated key has its last
 * value, as in Python. Throws SyntaxError, also for nesting deeper than `deepestJson`.
 */
export function parsePythonJson(text: string): unknown {
  const { strict, marker } = strictJson(text);
  return strict.includes(marker)
    ? JSON.parse(strict, (_, value: unknown) => (value === marker ? Number.NaN : value))
    : JSON.parse(strict);
}
