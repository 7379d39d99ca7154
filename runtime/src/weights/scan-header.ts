/** serde_json, which the safetensors library reads headers with, goes no deeper. */
const maxDepth = 127;

/** What is wrong with a header that JSON.parse would pass over in silence. */
export interface HeaderFault {
  readonly problem: string;
  /** The name it is about. */
  readonly tensor?: string;
}

/**
 * The first fault of a header's text that JSON.parse does not see: a key twice in one object, of
 * which it keeps the last; an integer written as `-0`, `1.0` or `1e0`; a number past the range of
 * float64; half of a surrogate pair; nesting too deep. Of a text that is no JSON it may find one
 * or none. Keeps no stack of calls and no regular expression that backtracks, so that no text is
 * too long for it.
 */
export function scanHeader(text: string): HeaderFault | undefined {
  /** The keys so far of each open object; undefined for an open array. */
  const scopes: (Set<string> | undefined)[] = [];
  let field = "";
  const token = /["{}[\]\d-]/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const begin = match.index;
    const found = match[0];
    if (found === "{" || found === "[") {
      if (scopes.push(found === "{" ? new Set() : undefined) > maxDepth)
        return { problem: `has a header nested deeper than ${maxDepth} levels` };
    } else if (found === "}" || found === "]") scopes.pop();
    else if (found === '"') {
      const end = stringEnd(text, begin);
      if (end < 0) return undefined;
      token.lastIndex = end;
      const string = text.slice(begin, end);
      const name = (): string => JSON.parse(string) as string;
      if (string.includes("\\u") && /\p{Cs}/u.test(name()))
        return { problem: "has a header with half of a surrogate pair in a string" };
      const scope = scopes.at(-1);
      if (scope === undefined || !isKey(text, end)) continue;
      const key = name();
      if (scope.has(key)) return { problem: "occurs twice in the header", tensor: key };
      scope.add(key);
      if (scopes.length === 2) field = key;
    } else {
      const end = numberEnd(text, begin);
      token.lastIndex = end;
      const sizes = scopes.length === 3 && (field === "shape" || field === "data_offsets");
      const number = text.slice(begin, end);
      if (sizes && /[.eE]|^-0/.test(number))
        return {
          problem: `has ${number.slice(0, 40)} in a ${field}, which is not written as an integer`,
        };
      if (Math.abs(Number(number)) === Infinity)
        return { problem: `has a number out of range in its header: ${number.slice(0, 40)}` };
    }
  }
  return undefined;
}

/** Behind the quote that ends the string that begins at `begin`; -1 where none does. */
function stringEnd(text: string, begin: number): number {
  for (let at = text.indexOf('"', begin + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
  return -1;
}

function numberEnd(text: string, begin: number): number {
  let end = begin + 1;
  while (end < text.length && "0123456789.eE+-".includes(text[end]!)) end++;
  return end;
}

/** Whether a colon follows, which makes the string before it a key. */
function isKey(text: string, end: number): boolean {
  let at = end;
  while (" \t\n\r".includes(text[at] ?? "x")) at++;
  return text[at] === ":";
}
