import { tokenizerFromJson } from "@sigil/runtime";
import { describe, expect, test } from "vitest";
import { json, rows } from "./fixtures.ts";

interface Row {
  text: string;
  ids: number[];
  decoded: string;
}

describe.each(["unigram_1k", "gemma_like"])("%s.tokenizer.json, every row of its golden", (name) => {
  const tokenizer = tokenizerFromJson(json(`${name}.tokenizer.json`));
  const golden = rows<Row>(`${name}.tokenizer.jsonl`);

  test("there are 493 rows", () => expect(golden).toHaveLength(493));

  test("ids of Hugging Face tokenizers", () => {
    const actual = golden.map(({ text }) => ({ text, ids: tokenizer.encode(text).inputIds[0] }));
    expect(actual).toEqual(golden.map(({ text, ids }) => ({ text, ids })));
  });

  test("decoded texts", () => {
    const actual = golden.map(({ ids }) => tokenizer.decode(ids, { skipSpecialTokens: true }));
    expect(actual).toEqual(golden.map((row) => row.decoded));
  });
});
