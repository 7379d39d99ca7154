import { InputError, SentencePiece, SiglipTokenizer } from "@sigil/runtime";
import { readInput } from "../files.ts";
import { linesOf } from "../lines.ts";

export async function tokenize(options: { model: string; raw?: boolean }): Promise<void> {
  const file = readInput(options.model);
  let encode: (text: string) => readonly number[] | undefined;
  try {
    if (options.raw) {
      const pieces = new SentencePiece(file);
      encode = (text) => pieces.encode(text);
    } else {
      const tokenizer = SiglipTokenizer.fromSpiece(file);
      encode = (text) => tokenizer.encode([text]).inputIds[0];
    }
  } catch (cause) {
    throw new InputError(
      `${options.model}: expected a SentencePiece model (spiece.model): ` +
        `${(cause as Error).message}`,
      { cause },
    );
  }
  let number = 0;
  for await (const line of linesOf(process.stdin)) {
    number++;
    if (line.trim() === "") continue;
    const parsed = parse(line);
    const text = typeof parsed === "string" ? parsed : parsed?.text;
    if (typeof text !== "string")
      throw new InputError(
        `line ${number}: expected a JSON string or an object with a string "text", received ` +
          `${line.slice(0, 60)}`,
      );
    process.stdout.write(`${JSON.stringify(encode(text))}\n`);
  }
}

/** Undefined for what is no JSON. */
function parse(line: string): string | { readonly text?: unknown } | undefined {
  try {
    return JSON.parse(line) as string | { readonly text?: unknown };
  } catch {
    return undefined;
  }
}
