import { tokenizerFromJson } from "@sigil/runtime";
import { describe, expect, test } from "vitest";
import { json, rows } from "./fixtures.ts";

interface Row {
  text: string;
  ids: number[];
  decoded: string;
}

describe.each(["unigram_1k", "gemma_like"])(
  "%s.tokenizer.json, every row of its golden",
  (name) => {
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
  },
);

test("gemma_like pads with <pad>, cuts before eos and can leave case alone", () => {
  const file = json("gemma_like.tokenizer.json");
  const tokenizer = tokenizerFromJson(file);
  expect(tokenizer.padTokenId).toBe(0);
  expect(tokenizer.modelMaxLength).toBe(Infinity);
  expect(
    tokenizer.encode("a photo of a cat", { padding: "max_length", maxLength: 4 }).inputIds,
  ).toEqual([[1168, 1, 0, 0]]);
  expect(tokenizer.encode("a_b-c", { truncation: true, maxLength: 3 }).inputIds).toEqual([
    [294, 293, 1],
  ]);
  expect(tokenizer.encode("A", { textPair: "a" }).inputIds).toEqual([[294, 1, 294, 1]]);
  expect(tokenizerFromJson(file, { do_lower_case: false }).encode("A").inputIds).not.toEqual([
    [294, 1],
  ]);
});

test("unigram_1k pads with eos, as its published configuration", () => {
  const tokenizer = tokenizerFromJson(json("unigram_1k.tokenizer.json"), {
    pad_token: "</s>",
    model_max_length: 4,
  });
  expect(tokenizer.encode("", { padding: "max_length" }).inputIds).toEqual([[1, 1, 1, 1]]);
});
