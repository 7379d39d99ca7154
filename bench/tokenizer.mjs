/** Sigil's tokenizer.json path beside @huggingface/tokenizers, on the fixtures' texts: node tokenizer.mjs; prints JSON. */
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import { SiglipTokenizer, tokenizerFromJson } from "@sigil/runtime";
import { rounds } from "./rounds.mjs";

const folder = new URL("../test/fixtures/tokenizer/", import.meta.url);
const read = (name) => readFileSync(new URL(name, folder));
/** Rows on which each side gives the ids of Hugging Face's tokenizers library, which the fixtures hold. */
const right = (rows, encode) => rows.filter(({ text, ids }) => encode(text).join() === ids.join()).length;
const result = {};
for (const name of ["unigram_1k", "gemma_like"]) {
  const json = JSON.parse(read(`${name}.tokenizer.json`));
  const rows = read(`${name}.tokenizer.jsonl`).toString().trim().split("\n").map((line) => JSON.parse(line));
  // SigLIP 2's texts are lowercased, which Sigil does itself.
  const texts = rows.map(({ text }) => text);
  const ours = tokenizerFromJson(json, {});
  const theirs = new Tokenizer(json, {});
  const sides = { sigil: () => texts.forEach((text) => ours.encode([text])), peer: () => texts.forEach((text) => theirs.encode(text.toLowerCase())) };
  if (name === "unigram_1k") {
    const spiece = SiglipTokenizer.fromSpiece(read("unigram_1k.model"));
    sides.spiece = () => texts.forEach((text) => spiece.encode([text]));
  }
  const exact = { sigil: right(rows, (text) => ours.encode([text]).inputIds[0]), peer: right(rows, (text) => theirs.encode(text.toLowerCase()).ids) };
  result[name] = { texts: texts.length, exact, times: await rounds(sides, 15) };
}
console.log(JSON.stringify(result));
