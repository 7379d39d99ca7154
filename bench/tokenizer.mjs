/**
 * Sigil's tokenizer.json path beside @huggingface/tokenizers, on the fixtures' texts: node
 * tokenizer.mjs; prints JSON.
 */
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import { SiglipTokenizer, tokenizerFromJson } from "@sigil/runtime";
import { rounds } from "./rounds.mjs";

const count = 15;
const folder = new URL("../test/fixtures/tokenizer/", import.meta.url);
const read = (name) => readFileSync(new URL(name, folder));
const result = {};
for (const name of ["unigram_1k", "gemma_like"]) {
  const json = JSON.parse(read(`${name}.tokenizer.json`));
  const rows = read(`${name}.tokenizer.jsonl`)
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const spiece = name === "unigram_1k" && read("unigram_1k.model");
  /**
   * Builds a tokenizer, as a function from a text to its ids. SigLIP's texts are lowercased, which
   * Sigil does itself.
   */
  const sides = {
    sigil: () => {
      const tokenizer = tokenizerFromJson(json, {});
      return (text) => tokenizer.encode([text]).inputIds[0];
    },
    peer: () => {
      const tokenizer = new Tokenizer(json, {});
      return (text) => tokenizer.encode(text.toLowerCase()).ids;
    },
    ...(spiece && {
      spiece: () => {
        const tokenizer = SiglipTokenizer.fromSpiece(spiece);
        return (text) => tokenizer.encode([text]).inputIds[0];
      },
    }),
  };
  const each = (of) =>
    Object.fromEntries(Object.entries(sides).map(([side, build]) => [side, of(build)]));
  const encodeAll = (encode) => rows.forEach(({ text }) => encode(text));
  /**
   * Both sides remember words that they have seen, so a first reading needs tokenizers that have
   * read nothing.
   */
  const first = each((build) => {
    const fresh = Array.from({ length: count + 1 }, build);
    return () => encodeAll(fresh.pop());
  });
  const again = each((build) => {
    const encode = build();
    encodeAll(encode);
    return () => encodeAll(encode);
  });
  /**
   * Texts to which a side gives the ids of Hugging Face's tokenizers library, which the fixtures
   * hold.
   */
  const exact = each((build) => {
    const encode = build();
    return rows.filter(({ text, ids }) => encode(text).join() === ids.join()).length;
  });
  result[name] = {
    texts: rows.length,
    exact,
    first: await rounds(first, count),
    again: await rounds(again, count),
  };
}
console.log(JSON.stringify(result));
