/**
 * Files with one value of another kind, cut, doubled or left out: a TokenizerError, or a tokenizer.
 */
import {
  SiglipTokenizer,
  tokenizerConfigOf,
  TokenizerError,
  tokenizerFromJson,
} from "@sigil/runtime";
import { expect, test } from "vitest";
import { fixture, json } from "./fixtures.ts";

type Json = unknown;
type Path = readonly (string | number)[];

/** Every place of a value, but of long lists and large objects the first few entries. */
function places(value: Json, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const keys = Array.isArray(value)
    ? Array.from({ length: Math.min(3, value.length) }, (_, i) => i)
    : Object.keys(value).slice(0, 40);
  return [
    path,
    ...keys.flatMap((key) => places((value as Record<string | number, Json>)[key], [...path, key])),
  ];
}

/** A copy with another value at a place; `undefined` leaves the key out. */
function put(value: Json, path: Path, to: Json): Json {
  if (path.length === 0) return to;
  const [key, ...rest] = path;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string | number,
    Json
  >;
  const inner = put(copy[key!], rest, to);
  if (inner === undefined && Array.isArray(copy)) copy.splice(Number(key), 1);
  else if (inner === undefined) delete copy[key!];
  else copy[key!] = inner;
  return copy;
}

let nested: Json = [];
for (let depth = 0; depth < 20_000; depth++) nested = [nested];
let sequence: Json = { type: "Lowercase" };
for (let depth = 0; depth < 20_000; depth++)
  sequence = { type: "Sequence", normalizers: [sequence], pretokenizers: [sequence] };

const wrong: readonly Json[] = [
  ...[undefined, null, true, false, 0, -1, 1.5, 1e300, Number.NaN, Infinity, "", "x", "\ud800"],
  ...["(", "[", "toString", "constructor", [], [[]], [null], {}, { toString: 1, valueOf: 1 }],
  ...[{ content: 3 }, { id: "A" }, { type: "toString" }, { type: "Sequence" }, nested, sequence],
  JSON.parse('{"__proto__": {"type": "Lowercase"}}'),
];

const texts = ["A photo of <x> a\u0301 \ufb01 \u2603 </s><eos>  cat.", "", "\ud800\x00\u2581"];

function uses(
  build: () => { encode: SiglipTokenizer["encode"]; decode: SiglipTokenizer["decode"] },
) {
  const start = performance.now();
  try {
    const tokenizer = build();
    const { inputIds } = tokenizer.encode(texts, { truncation: true, padding: true });
    for (const ids of inputIds) {
      expect(ids.every((id) => Number.isInteger(id) && id >= 0)).toBe(true);
      tokenizer.decode(ids, { skipSpecialTokens: true });
    }
    return "used";
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    expect(error.message.length).toBeLessThan(2000);
    return "refused";
  } finally {
    // Two seconds are the bar; the rest is for a machine that does other things.
    expect(performance.now() - start).toBeLessThan(10_000);
  }
}

function all(file: Json, build: (mutant: Json) => Parameters<typeof uses>[0]): number[] {
  const counts = { used: 0, refused: 0 };
  for (const path of places(file))
    for (const value of wrong) {
      const at = `${path.join(".")} = ${typeof value === "object" ? "an object" : String(value)}`;
      try {
        counts[uses(build(put(file, path, value)))]++;
      } catch (error) {
        throw new Error(`${at}: ${String(error)}`, { cause: error });
      }
    }
  return [counts.used, counts.refused];
}

const flags = { lstrip: true, normalized: false, rstrip: true, single_word: false, special: true };
const config = {
  added_tokens_decoder: { "1": { content: "</s>", ...flags }, "900": { content: "<x>", ...flags } },
  additional_special_tokens: ["<y>"],
  extra_special_tokens: { image_token: "<image>" },
  auto_map: { AutoProcessor: "a.B" },
  bos_token: { __type: "AddedToken", content: "<s>", ...flags },
  clean_up_tokenization_spaces: true,
  do_lower_case: true,
  eos_token: "</s>",
  legacy: false,
  mask_token: null,
  model_input_names: ["input_ids", "attention_mask"],
  model_max_length: 64,
  pad_token: "</s>",
  padding_side: "left",
  sp_model_kwargs: { enable_sampling: false },
  split_special_tokens: false,
  tokenizer_class: "SiglipTokenizer",
  truncation_side: "left",
  unk_token: "<unk>",
};
const plain = fixture("unigram_plain.model");

test("tokenizer_config.json", { timeout: 120_000 }, () => {
  const [used, refused] = all(
    config,
    (mutant) => () =>
      SiglipTokenizer.fromSpiece(plain, tokenizerConfigOf({ tokenizerConfig: mutant })),
  );
  expect(used! + refused!).toBeGreaterThan(900);
  expect(refused).toBeGreaterThan(500);
});

test("special_tokens_map.json, added_tokens.json", { timeout: 120_000 }, () => {
  const files = {
    tokenizerConfig: { model_max_length: 8 },
    specialTokensMap: {
      eos_token: { content: "</s>" },
      extra_special_tokens: ["<x>"],
      pad_token: "a",
    },
    addedTokens: { "<x>": 900, "<y>": 901 },
    tokenizerJson: { added_tokens: [{ id: 900, content: "<x>", ...flags }] },
  };
  const [used, refused] = all(
    files,
    (mutant) => () =>
      SiglipTokenizer.fromSpiece(plain, tokenizerConfigOf((mutant ?? {}) as object)),
  );
  expect(used! + refused!).toBeGreaterThan(400);
  expect(refused).toBeGreaterThan(200);
});

/** The fixtures' files with fewer words, so that thousands of them are read. */
function small(name: string): Record<string, Json> {
  const file = json<Record<string, Record<string, Json>>>(`${name}.tokenizer.json`);
  const { vocab } = file.model as { vocab: object };
  const some = Array.isArray(vocab)
    ? { vocab: vocab.slice(0, 300) }
    : { vocab: Object.fromEntries(Object.entries(vocab).slice(0, 300)), merges: [] };
  return {
    ...file,
    model: { ...file.model, ...some },
    padding: { direction: "Left", pad_token: "<pad>", pad_id: 0 },
    truncation: { direction: "Left", max_length: 8 },
  };
}
const metaspace = { type: "Metaspace", replacement: "_", prepend_scheme: "first", split: true };
const more = {
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Strip", strip_left: true, strip_right: true },
      { type: "Prepend", prepend: "_" },
      { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
      { type: "NFKC" },
    ],
  },
  pre_tokenizer: {
    type: "Sequence",
    pretokenizers: [
      { type: "Split", pattern: { String: " " }, behavior: "Isolated", invert: false },
      metaspace,
    ],
  },
  decoder: {
    type: "Sequence",
    decoders: [metaspace, { type: "Strip", content: " ", start: 1, stop: 0 }, { type: "Fuse" }],
  },
};

test.each([
  ["unigram_1k", small("unigram_1k"), {}],
  ["gemma_like", small("gemma_like"), {}],
  ["gemma_like, Siglip2Tokenizer", small("gemma_like"), { tokenizer_class: "Siglip2Tokenizer" }],
  ["gemma_like with other components", { ...small("gemma_like"), ...more }, {}],
])("tokenizer.json, %s", { timeout: 240_000 }, (_, file, options) => {
  const [used, refused] = all(file, (mutant) => () => tokenizerFromJson(mutant, options));
  expect(used! + refused!).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(300);
});
