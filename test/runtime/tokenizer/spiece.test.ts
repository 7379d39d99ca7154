import { SentencePiece, SiglipTokenizer } from "@sigil/runtime";
import { describe, expect, test } from "vitest";
import { fixture, rows } from "./fixtures.ts";

interface Row {
  text: string;
  sentencepiece: number[];
  siglip: number[];
  decoded: string;
  decoded_skip_special: string;
}

describe.each(["unigram_1k", "unigram_plain"])("%s, every row of its golden", (name) => {
  const tokenizer = SiglipTokenizer.fromSpiece(fixture(`${name}.model`));
  const golden = rows<Row>(`${name}.jsonl`);

  test("there are 493 rows", () => expect(golden).toHaveLength(493));

  test("ids of SentencePiece", () => {
    const actual = golden.map(({ text }) => ({ text, ids: tokenizer.sentencePiece.encode(text) }));
    expect(actual).toEqual(golden.map(({ text, sentencepiece }) => ({ text, ids: sentencepiece })));
  });

  test("ids of SiglipTokenizer", () => {
    const actual = golden.map(({ text }) => ({ text, ids: tokenizer.encode(text).inputIds[0] }));
    expect(actual).toEqual(golden.map(({ text, siglip }) => ({ text, ids: siglip })));
  });

  test("decoded texts, with and without special tokens", () => {
    const actual = golden.map(({ siglip }) => [
      tokenizer.decode(siglip),
      tokenizer.decode(siglip, { skipSpecialTokens: true }),
    ]);
    expect(actual).toEqual(golden.map((row) => [row.decoded, row.decoded_skip_special]));
  });
});

// Random texts whose segmentations have equal or nearly equal sums, and texts around user-defined,
// unused and byte pieces; ids of SentencePiece 0.2.2.
describe.each(["unigram_1k", "unigram_plain", "unigram_user"])("%s, ties", (name) => {
  test("1,200 rows, ids of SentencePiece", () => {
    const model = new SentencePiece(fixture(`${name}.model`));
    const golden = rows<Pick<Row, "text" | "sentencepiece">>(`${name}.ties.jsonl`);
    expect(golden).toHaveLength(1200);
    const actual = golden.map(({ text }) => ({ text, sentencepiece: model.encode(text) }));
    expect(actual).toEqual(golden);
  });
});
