import { SiglipTokenizer, tokenizerFromJson, TokenizerError } from "@sigil/runtime";
import { expect, test } from "vitest";
import { fixture, json } from "./fixtures.ts";

const plain = fixture("unigram_plain.model");
const text = "A phot\u00f3 of \ufb01ve c\u00e4ts";

/** Reads and uses a file; the only error it may end in is TokenizerError. Says whether it did. */
function refuses(file: Uint8Array): boolean {
  try {
    const tokenizer = SiglipTokenizer.fromSpiece(file);
    tokenizer.decode(tokenizer.encode(text).inputIds[0]!);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(TokenizerError);
    return true;
  }
}

test("a model cut anywhere throws TokenizerError or still is a whole model", () => {
  let refused = 0;
  for (let length = 0; length < plain.length; length += 7)
    refused += refuses(plain.subarray(0, length)) ? 1 : 0;
  expect(refused).toBeGreaterThan(700);
});

test("the error says at which byte", () => {
  expect(() => SiglipTokenizer.fromSpiece(plain.subarray(0, 100))).toThrow(/at byte \d+/);
  expect(() => SiglipTokenizer.fromSpiece(new Uint8Array(0))).toThrow("no pieces");
});

test("a damaged byte anywhere never gives another error", () => {
  for (const [name, step] of [
    ["unigram_plain.model", 5],
    ["unigram_1k.model", 1009],
  ] as const) {
    const file = fixture(name);
    for (let at = 0; at < file.length; at += step) {
      const damaged = file.slice();
      damaged[at]! ^= 0xff;
      refuses(damaged);
    }
  }
});

test("files that are something else are refused", () => {
  expect(refuses(new TextEncoder().encode("<!doctype html><title>Not found</title>"))).toBe(true);
  expect(refuses(new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"))).toBe(
    true,
  );
  for (const value of [
    null,
    3,
    {},
    { model: {} },
    { model: { type: "WordPiece" } },
    { model: { type: "BPE" } },
  ]) {
    expect(() => tokenizerFromJson(value)).toThrow(TokenizerError);
  }
});

test("an unknown component of tokenizer.json is named", () => {
  const file = json<object>("gemma_like.tokenizer.json");
  expect(() => tokenizerFromJson({ ...file, normalizer: { type: "Nmt" } })).toThrow(
    "tokenizer.json: normalizer: Nmt is not supported",
  );
});

test("a pattern that could take exponential time is refused, others are not", () => {
  const file = json<object>("gemma_like.tokenizer.json");
  const withPattern = (Regex: string) =>
    tokenizerFromJson({
      ...file,
      normalizer: { type: "Replace", pattern: { Regex }, content: "" },
    });
  for (const pattern of ["(a+)+$", "(?:a|a)*b", "((a*)b?){2,}c", "(a|b+)+", "x(\\s*[)]+)*"])
    expect(() => withPattern(pattern), pattern).toThrow("normalizer.pattern: expected no repeated");
  for (const pattern of [
    "\\s+",
    "[!-.:-@(+)*]+",
    "(?:ab)+",
    "\\(a+\\)+",
    "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+|\\s+(?!\\S)|\\s+",
  ])
    expect(withPattern(pattern).encode("ab").inputIds[0]!.length, pattern).toBeGreaterThan(0);
});
