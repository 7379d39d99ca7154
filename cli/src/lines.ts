import { InputError } from "@sigil/runtime";

const newline = 0x0a;
/** No line is longer, in bytes: a file that is no text may have none. */
const longestLine = 64 << 20;

/**
 * The lines of a stream of UTF-8, split only at `\n`, without a `\r` before it. node:readline (from
 * Node 24 on) also splits at U+2028 and U+2029, which may be in a text. A line break at the end
 * begins no line. Throws an InputError that names the first line that is not UTF-8.
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  for await (const chunk of stream) {
    let begin = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, begin)) {
      parts.push(chunk.subarray(begin, end));
      yield decode(parts, number++);
      [parts, length, begin] = [[], 0, end + 1];
    }
    const rest = chunk.subarray(begin);
    if (rest.length === 0) continue;
    parts.push(rest);
    length += rest.length;
    if (length > longestLine)
      throw new InputError(`line ${number}: expected at most ${longestLine} bytes`);
  }
  if (parts.length > 0) yield decode(parts, number);
}

function decode(parts: readonly Uint8Array[], number: number): string {
  const bytes = Buffer.concat(parts);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const utf16 = number === 1 && /^(fffe|feff)/.test(bytes.toString("hex", 0, 2));
    throw new InputError(
      `line ${number}: expected UTF-8, received ${utf16 ? "UTF-16" : "invalid bytes"}; save ` +
        "the texts as UTF-8",
      { cause },
    );
  }
  // The mark that some editors begin a file with is no part of its first line.
  if (number === 1 && text.startsWith("\ufeff")) text = text.slice(1);
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}
