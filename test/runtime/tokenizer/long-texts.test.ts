/** Long texts of one kind: no error, and no time that grows with their square. */
import { SiglipTokenizer, tokenizerFromJson, type Tokenizer } from "@sigil/runtime";
import { describe, expect, test } from "vitest";
import { fixture, json } from "./fixtures.ts";

const length = 200_000;
const kinds = {
  spaces: " ",
  "spaces between letters": `a${" ".repeat(1000)}`,
  letters: "a",
  words: "a photo of a cat ",
  tabs: "\t \u3000\n",
  controls: "\x00\x07\x7f",
  "lone surrogates": "\ud800",
  emoji: "\u{1f600}",
  flags: "\u{1f1e6}",
  marks: "\u0301",
  joiners: "\u200d",
  markers: "\u2581",
  tokens: "</s><eos> ",
  sigmas: "\u03a3",
};
const strips = {
  type: "Sequence",
  normalizers: [
    { type: "Strip", strip_left: true, strip_right: true },
    { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
  ],
};
const gemma = json<object>("gemma_like.tokenizer.json");
const tokenizers: readonly (readonly [string, () => Tokenizer])[] = [
  ["spiece.model", () => SiglipTokenizer.fromSpiece(fixture("unigram_1k.model"))],
  [
    "spiece.model with user-defined pieces",
    () => SiglipTokenizer.fromSpiece(fixture("unigram_user.model")),
  ],
  ["Unigram", () => tokenizerFromJson(json("unigram_1k.tokenizer.json"))],
  ["BPE", () => tokenizerFromJson(gemma, { tokenizer_class: "Siglip2Tokenizer" })],
  ["BPE that strips", () => tokenizerFromJson({ ...gemma, normalizer: strips })],
];

describe.each(tokenizers)("%s", (_, build) => {
  const tokenizer = build();
  test.each(Object.entries(kinds))("%s", { timeout: 60_000 }, (_, unit) => {
    const text = unit.repeat(length / unit.length);
    const start = performance.now();
    const { inputIds } = tokenizer.encode(text, { truncation: true, maxLength: 64 });
    expect(inputIds[0]!.length).toBeGreaterThan(0);
    expect(inputIds[0]!.length).toBeLessThanOrEqual(64);
    // Up to half a second on a free core; what was quadratic took over half a minute.
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});
