import { SentencePiece, SiglipTokenizer } from "@sigil/runtime";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export async function tokenize(options: { model: string; raw?: boolean }): Promise<void> {
  const file = readFileSync(options.model);
  const pieces = options.raw ? new SentencePiece(file) : undefined;
  const tokenizer = pieces ? undefined : SiglipTokenizer.fromSpiece(file);
  let number = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    number++;
    if (line.trim() === "") continue;
    const parsed = JSON.parse(line) as string | { text?: unknown };
    const text = typeof parsed === "string" ? parsed : parsed?.text;
    if (typeof text !== "string") throw new Error(`line ${number}: expected a JSON string or an object with a string "text", received ${line.slice(0, 60)}`);
    process.stdout.write(`${JSON.stringify(pieces ? pieces.encode(text) : tokenizer!.encode([text]).inputIds[0])}\n`);
  }
}
