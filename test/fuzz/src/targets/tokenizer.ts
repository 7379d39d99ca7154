/** Tokenizer files, their settings, and texts. */
import {
  SiglipTokenizer,
  tokenizerFromJson,
  type Tokenizer,
  type TokenizerConfig,
} from "@sigil/runtime";
import { readBytes, readJson } from "../fixtures.ts";
import { hostileTexts } from "../hostile.ts";
import { WrongSuccess } from "../judge.ts";
import { mutateBytes } from "../mutate-bytes.ts";
import type { Random } from "../random.ts";
import type { Target } from "../target.ts";
import { jsonTarget } from "./json-target.ts";

const model = "test/fixtures/tokenizer/unigram_1k.model";
const samples = ["a photo of a cat.", "  Ünïcode\u3000ﬁ \u{1f600} </s>", "00000 ////", "\0\ud800"];

function exercise(tokenizer: Tokenizer): void {
  const { inputIds } = tokenizer.encode(samples, {
    padding: "max_length",
    truncation: true,
    maxLength: 8,
  });
  for (const row of inputIds) {
    if (row.length !== 8) throw new WrongSuccess(`a row of ${row.length} ids, padded to 8`);
    for (const id of row)
      if (!Number.isSafeInteger(id) || id < 0) throw new WrongSuccess(`an id of ${id}`);
  }
  tokenizer.decode(inputIds[0]!);
}

/** Text of any kind of character, rich in repetitions. */
function drawText(random: Random): string {
  let text = "";
  for (let left = random.integer(0, 12); left > 0; left--) {
    const part = random.pick([
      () => String.fromCharCode(random.integer(0x20, 0x7e)),
      () => String.fromCharCode(random.integer(0, 0xffff)),
      () => String.fromCodePoint(random.integer(0x10000, 0x10ffff)),
      () => random.pick(["the", " ", "  ", "ing", "</s>", "<unk>", "▁", "e\u0301", "ﬁ"]),
      () => random.pick(hostileTexts.filter((value) => value.length < 100)),
    ])();
    text += part.repeat(random.pick([1, 1, 1, 2, 5]));
  }
  return text;
}

export const spiece: Target = {
  name: "spiece",
  about: "spiece.model through SiglipTokenizer.fromSpiece, then some texts",
  goal: 1e5,
  open: async () => {
    const seeds = [model, "test/fixtures/tokenizer/unigram_plain.model"].map(readBytes);
    return {
      draw: (random) => mutateBytes(random, random.pick(seeds), seeds),
      run: (input) => exercise(SiglipTokenizer.fromSpiece(input)),
    };
  },
};

/** The vocabulary cut down, so that most of an input is structure. */
function shortened(path: string): unknown {
  const json = readJson(path) as {
    model: { vocab: unknown; merges?: unknown[] };
    added_tokens: unknown[];
  };
  const { vocab, merges } = json.model;
  json.model.vocab = Array.isArray(vocab)
    ? vocab.slice(0, 40)
    : Object.fromEntries(Object.entries(vocab as object).slice(0, 40));
  if (merges) json.model.merges = merges.slice(0, 3);
  json.added_tokens = json.added_tokens.slice(0, 5);
  return json;
}

export const tokenizerJson = jsonTarget({
  name: "tokenizer-json",
  about: "tokenizer.json through tokenizerFromJson, then some texts",
  goal: 1e6,
  open: async () => ({
    seeds: ["unigram_1k", "gemma_like"].map((name) =>
      shortened(`test/fixtures/tokenizer/${name}.tokenizer.json`),
    ),
    use(text) {
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        return;
      }
      exercise(tokenizerFromJson(json));
    },
  }),
});

export const tokenizerConfig = jsonTarget({
  name: "tokenizer-config",
  about: "tokenizer_config.json beside a spiece.model and a tokenizer.json",
  goal: 1e5,
  open: async () => {
    const file = readBytes(model);
    const json = shortened("test/fixtures/tokenizer/unigram_1k.tokenizer.json");
    return {
      seeds: [
        readJson("test/fixtures/checkpoints/siglip-shapes/tokenizer_config.json"),
        {
          do_lower_case: true,
          eos_token: { content: "</s>", special: true, lstrip: false },
          unk_token: "<unk>",
          pad_token: "</s>",
          bos_token: null,
          model_max_length: 64,
          padding_side: "right",
          truncation_side: "right",
          model_input_names: ["input_ids"],
          additional_special_tokens: ["<a>"],
          extra_special_tokens: {},
          added_tokens_decoder: { 1: { content: "</s>", special: true } },
          clean_up_tokenization_spaces: true,
          split_special_tokens: false,
        },
      ],
      use(text) {
        let config: TokenizerConfig;
        try {
          config = JSON.parse(text) as TokenizerConfig;
        } catch {
          return;
        }
        exercise(SiglipTokenizer.fromSpiece(file, config));
        exercise(tokenizerFromJson(json, config));
      },
    };
  },
});

export const text: Target = {
  name: "text",
  about: "texts through both tokenizers: ids in range, decoded text that encodes alike",
  goal: 1e7,
  open: async () => {
    const spm = SiglipTokenizer.fromSpiece(readBytes(model));
    const json = tokenizerFromJson(readJson("test/fixtures/tokenizer/gemma_like.tokenizer.json"));
    const decoder = new TextDecoder();
    // Lone surrogates do not survive UTF-8: they are inputs of their own in `samples`.
    return {
      draw: (random) => new TextEncoder().encode(drawText(random)),
      run(input) {
        const value = decoder.decode(input);
        const ids = spm.sentencePiece.encode(value);
        const most = spm.vocabSize;
        for (const id of ids)
          if (!(Number.isInteger(id) && id >= 0 && id < most)) throw new WrongSuccess(`id ${id}`);
        // Byte pieces make every normalised text recoverable, and normal text encodes alike.
        const pieces = spm.sentencePiece.encodePieces(value);
        if (pieces.length !== ids.length || pieces.some(({ id }, i) => id !== ids[i]))
          throw new WrongSuccess("encode and encodePieces differ");
        json.encode(value);
      },
    };
  },
};
