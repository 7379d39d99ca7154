/** What transformers made of each configuration, beside Sigil. */
import {
  SiglipTokenizer,
  tokenizerConfigOf,
  TokenizerError,
  tokenizerFromJson,
  type EncodeOptions,
  type Tokenizer,
  type TokenizerConfig,
} from "@sigil/runtime";
import { describe, expect, test } from "vitest";
import { fixture, json } from "./fixtures.ts";

type Rows = readonly (readonly (readonly number[])[])[] | "error";

interface Recorded {
  readonly name: string;
  readonly encoded: Rows;
  readonly max: Rows;
  readonly own: readonly number[] | "error";
  readonly longest: Rows;
  readonly decoded: readonly string[];
  readonly skipped: readonly string[];
  readonly vocab: number;
}

interface SiglipCase extends Recorded {
  readonly model: string;
  readonly config: TokenizerConfig | null;
  readonly files?: Readonly<Record<string, unknown>>;
  readonly special: readonly number[];
}

interface JsonCase extends Recorded {
  readonly base: string;
  readonly config: TokenizerConfig;
  readonly patch: object;
}

function outcome(tokenizer: Tokenizer, texts: readonly string[]) {
  const encode = (some: readonly string[], options: EncodeOptions = {}) => {
    try {
      const { inputIds, attentionMask } = tokenizer.encode(some, options);
      return attentionMask ? [inputIds, attentionMask] : [inputIds];
    } catch (error) {
      expect(error).toBeInstanceOf(TokenizerError);
      return "error";
    }
  };
  const own = encode(texts.slice(1, 4), { padding: "max_length", truncation: true });
  const ids = texts.map((text) => tokenizer.encode(text).inputIds[0]!);
  return {
    encoded: encode(texts),
    max: encode(texts, { padding: "max_length", truncation: true, maxLength: 7 }),
    own: typeof own === "string" ? own : own[0]!.map((row) => row.length),
    longest: encode(texts.slice(0, 3), { padding: true }),
    decoded: ids.map((row) => tokenizer.decode(row)),
    skipped: ids.map((row) => tokenizer.decode(row, { skipSpecialTokens: true })),
  };
}

describe("SiglipTokenizer, with spiece.model, gives the ids of transformers", () => {
  const { texts, cases } = json<{ texts: string[]; cases: SiglipCase[] }>("siglip-configs.json");

  test("there are 71 configurations", () => expect(cases).toHaveLength(71));

  test.each(cases)(
    "$model, configuration $name",
    ({ name: _, model, config, files = {}, special, ...golden }) => {
      const tokenizer = SiglipTokenizer.fromSpiece(
        fixture(`${model}.model`),
        tokenizerConfigOf({
          tokenizerConfig: config ?? undefined,
          specialTokensMap: files["special_tokens_map.json"],
          addedTokens: files["added_tokens.json"],
          tokenizerJson: files["tokenizer.json"],
        }),
      );
      expect({ ...outcome(tokenizer, texts), vocab: tokenizer.getVocab().size }).toEqual(golden);
      expect(tokenizer.allSpecialIds).toEqual(special);
    },
  );
});

describe("the class of a configuration, with tokenizer.json, gives transformers' ids", () => {
  const { texts, cases } = json<{ texts: string[]; cases: JsonCase[] }>("json-configs.json");

  test("there are 46 configurations", () => expect(cases).toHaveLength(46));

  test.each(cases)("$base, configuration $name", ({ name: _, base, config, patch, ...golden }) => {
    const tokenizer = tokenizerFromJson({ ...tokenizerJson(base), ...patch }, config);
    expect({ ...outcome(tokenizer, texts), vocab: tokenizer.vocabSize }).toEqual(golden);
  });
});

describe("random configurations and texts give the ids of transformers", () => {
  interface RandomCase extends Pick<Recorded, "name" | "encoded" | "decoded" | "skipped"> {
    readonly model?: string;
    readonly base?: string;
    readonly config: TokenizerConfig;
    readonly patch?: object;
    readonly texts: readonly string[];
  }
  const { cases } = json<{ cases: RandomCase[] }>("random-configs.json");

  test("there are 82 of them", () => expect(cases).toHaveLength(82));

  test.each(cases)("configuration $name", ({ model, base, config, patch, texts, ...golden }) => {
    const tokenizer = model
      ? SiglipTokenizer.fromSpiece(fixture(`${model}.model`), config)
      : tokenizerFromJson({ ...tokenizerJson(base!), ...patch }, config);
    const { encoded, decoded, skipped } = outcome(tokenizer, texts);
    expect({ name: golden.name, encoded, decoded, skipped }).toEqual(golden);
  });
});

/** "siglip2" is gemma_like with an added token in capitals, as Gemma's own file has. */
function tokenizerJson(base: string): object {
  if (base !== "siglip2") return json<object>(`${base}.tokenizer.json`);
  const file = json<{ added_tokens: object[]; model: { vocab: Record<string, number> } }>(
    "gemma_like.tokenizer.json",
  );
  const content = "[@BOS@]";
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  file.added_tokens.push({ id: 2000, content, ...flags, special: false });
  file.model.vocab[content] = 2000;
  return file;
}
