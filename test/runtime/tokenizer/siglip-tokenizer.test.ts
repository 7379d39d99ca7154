import { SiglipTokenizer } from "@sigil/runtime";
import { describe, expect, test } from "vitest";
import { fixture } from "./fixtures.ts";

const file = fixture("unigram_1k.model");
const tokenizer = SiglipTokenizer.fromSpiece(file);
const cat = [259, 261, 260, 259, 291, 1];
const ids = (text: string) => tokenizer.encode(text).inputIds[0];

describe("special tokens", () => {
  test("texts of no token are one eos", () => {
    for (const text of ["", " ", "\u2581", "!!!"]) expect(ids(text)).toEqual([1]);
  });
  test("an eos that is there is not added again", () => {
    expect(ids("hi</s>")).toEqual(ids("hi"));
    expect(tokenizer.tokenize("</s>>")).toEqual(["</s>"]);
  });
  test("text after a special token has no word start", () => {
    expect(tokenizer.tokenize("hi</s>There")).toEqual(["\u2581hi", "</s>", "the", "r", "e"]);
  });
  test("special tokens are found before lower-casing", () => {
    expect(tokenizer.tokenize("A</S>B")).not.toContain("</s>");
  });
  test("split_special_tokens treats them as text", () => {
    const splitting = SiglipTokenizer.fromSpiece(file, { split_special_tokens: true });
    expect(splitting.encode("hi</s>").inputIds[0]).toEqual(splitting.encode("his").inputIds[0]);
  });
  test("additional tokens follow the vocabulary", () => {
    const more = SiglipTokenizer.fromSpiece(file, { additional_special_tokens: ["<extra>"] });
    expect(more.vocabSize).toBe(tokenizer.vocabSize);
    expect(more.getVocab().size).toBe(tokenizer.vocabSize + 1);
    expect(more.encode("a <extra>").inputIds[0]).toEqual([259, tokenizer.vocabSize, 1]);
    expect(more.decode([259, tokenizer.vocabSize])).toBe("a<extra>");
  });
  test("the mask and the token types count one eos a sequence", () => {
    expect(tokenizer.getSpecialTokensMask([5, 6])).toEqual([0, 0, 1]);
    expect(tokenizer.getSpecialTokensMask([5], [6])).toEqual([0, 1, 0, 1]);
    expect(tokenizer.getSpecialTokensMask([5, 2, 1], undefined, true)).toEqual([0, 1, 1]);
    expect(tokenizer.createTokenTypeIdsFromSequences([5, 1])).toEqual([0, 0, 0]);
    expect(tokenizer.createTokenTypeIdsFromSequences([5], [6, 7])).toEqual([0, 0, 0, 0, 0]);
  });
});

describe("rows", () => {
  test("padding is eos on the right, up to 64 or maxLength", () => {
    const padded = tokenizer.encode("a photo of a cat", { padding: "max_length" }).inputIds[0]!;
    expect(padded).toEqual([...cat, ...new Array<number>(58).fill(1)]);
    const short = tokenizer.encode(["", "a photo of a cat"], {
      padding: true,
      returnAttentionMask: true,
    });
    expect(short).toEqual({
      inputIds: [[1, 1, 1, 1, 1, 1], cat],
      attentionMask: [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1],
      ],
    });
  });
  test("a mask is returned unless model_input_names leaves it out, as in published files", () => {
    expect(tokenizer.encode("a").attentionMask).toEqual([[1, 1]]);
    const plain = SiglipTokenizer.fromSpiece(file, { model_input_names: ["input_ids"] });
    expect(plain.encode("a")).not.toHaveProperty("attentionMask");
    expect(plain.encode("a", { returnAttentionMask: true }).attentionMask).toEqual([[1, 1]]);
  });
  test("truncation keeps the eos; padding alone never cuts", () => {
    expect(
      tokenizer.encode("a photo of a cat", { truncation: true, maxLength: 3 }).inputIds,
    ).toEqual([[259, 261, 1]]);
    const long = "a ".repeat(100);
    expect(tokenizer.encode(long, { padding: "max_length" }).inputIds[0]).toHaveLength(101);
    expect(tokenizer.encode(long, { truncation: true }).inputIds[0]).toEqual([
      ...new Array<number>(63).fill(259),
      1,
    ]);
  });
  test("pairs end in one eos each and lose the longest first", () => {
    expect(tokenizer.encode("a", { textPair: "a photo of a cat" }).inputIds).toEqual([
      [259, 1, ...cat],
    ]);
    expect(
      tokenizer.encode("a", { textPair: "a photo of a cat", truncation: true, maxLength: 5 })
        .inputIds,
    ).toEqual([[259, 1, 259, 261, 1]]);
    expect(() => tokenizer.encode(["a", "b"], { textPair: "c" })).toThrow(
      "2 texts but 1 pair texts",
    );
  });
  test("an unknown maximum length neither pads nor cuts", () => {
    const open = SiglipTokenizer.fromSpiece(file, { model_max_length: 1e30 });
    expect(
      open.encode("a photo of a cat", { padding: "max_length", truncation: true }).inputIds,
    ).toEqual([cat]);
  });
});

describe("text and vocabulary", () => {
  test("canonicalizeText", () => {
    expect(tokenizer.canonicalizeText(" A_b-c,\n D! ")).toBe("abc d");
    expect(tokenizer.canonicalizeText("A {b}, {c}!", "{b}")).toBe("a {b} c");
    expect(tokenizer.removePunctuation("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u201d")).toBe("\u201d");
  });
  test("whitespace is Python's, not JavaScript's", () => {
    expect(tokenizer.canonicalizeText("a\x1c\x85b\ufeff")).toBe("a b\ufeff");
  });
  test("lower-casing can be turned off", () => {
    expect(SiglipTokenizer.fromSpiece(file, { do_lower_case: false }).canonicalizeText("A b")).toBe(
      "A b",
    );
  });
  test("tokens and ids convert both ways", () => {
    expect(tokenizer.convertTokensToIds(["</s>", "no such piece"])).toEqual([1, 2]);
    expect(tokenizer.convertIdsToTokens([1, 259, 2])).toEqual(["</s>", "\u2581a", "<unk>"]);
    expect(tokenizer.convertIdsToTokens([1, 259, 2], { skipSpecialTokens: true })).toEqual([
      "\u2581a",
    ]);
    expect(() => tokenizer.convertIdsToTokens(1e6)).toThrow("not in the vocabulary");
    expect(tokenizer.padTokenId).toBe(1);
  });
  test("batchDecode is decode of each row", () => {
    expect(tokenizer.batchDecode([cat, [1]], { skipSpecialTokens: true })).toEqual([
      "a photo of a cat",
      "",
    ]);
  });
  test("saveVocabulary gives the file back", () => {
    expect(tokenizer.saveVocabulary("x")).toEqual({
      filename: "x-spiece.model",
      data: expect.any(Uint8Array),
    });
    expect(Buffer.compare(tokenizer.saveVocabulary().data, file)).toBe(0);
    expect(tokenizer.saveVocabulary().filename).toBe("spiece.model");
  });
  test("a lone surrogate is U+FFFD", () => {
    expect(tokenizer.sentencePiece.encode("\ud800a")).toEqual(
      tokenizer.sentencePiece.encode("\ufffda"),
    );
  });
});
