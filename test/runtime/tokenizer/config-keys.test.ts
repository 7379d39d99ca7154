/**
 * The table of keys beside what happens: done keys are checked, refused ones throw, inert ones do
 * nothing.
 */
import {
  configKeys,
  SiglipTokenizer,
  TokenizerError,
  tokenizerFromJson,
} from "@sigil/runtime/internal";
import { describe, expect, it } from "vitest";
import { fixture, json } from "./fixtures.ts";

const spiece = fixture("unigram_1k.model");
const file = json<object>("gemma_like.tokenizer.json");
const text = "A photo of <x>, a cat</s> and <eos> [MASK].";

/** What both kinds of tokenizer make of a text, with a value for one key. */
function ids(config: Record<string, unknown>) {
  return [SiglipTokenizer.fromSpiece(spiece, config), tokenizerFromJson(file, config)].map(
    (tokenizer) => {
      const encoding = tokenizer.encode(text, { padding: "max_length", truncation: true });
      return [encoding, tokenizer.decode(encoding.inputIds[0]!, { skipSpecialTokens: true })];
    },
  );
}
const plain = ids({});
const keys = (kind: string) =>
  Object.entries(configKeys).flatMap(([key, value]) =>
    value === kind ? (key === "*_token" ? "image_token" : key) : [],
  );

describe("tokenizer_config.json", () => {
  it.each(keys("done"))("%s: a value of no type that it may have is refused", (key) => {
    const wrong = key.endsWith("_token") ? { __type: "AddedToken", content: 3 } : Symbol("wrong");
    for (const build of [
      () => SiglipTokenizer.fromSpiece(spiece, { [key]: wrong }),
      () => tokenizerFromJson(file, { [key]: wrong }),
    ]) {
      expect(build).toThrow(TokenizerError);
      expect(build).toThrow(`tokenizer_config.json: ${key}`);
    }
  });

  const asking: Record<string, readonly unknown[]> = {
    sp_model_kwargs: [{ enable_sampling: true }, { add_bos: true }, { reverse: true }, "x", 3],
    auto_map: [{ AutoTokenizer: ["code.Tokenizer", null] }, ["code.Tokenizer", null]],
    fast_tokenizer_files: [["tokenizer.4.0.0.json", "tokenizer.json"], { toString: 1 }],
    gguf_file: ["model.gguf"],
    init_inputs: [["vocabulary"]],
  };
  it.each(keys("refused"))("%s: refused where it asks for something", (key) => {
    expect(asking[key]).toBeDefined();
    for (const value of asking[key]!) {
      expect(() => ids({ [key]: value })).toThrow(TokenizerError);
      expect(() => ids({ [key]: value })).toThrow(`tokenizer_config.json: ${key}`);
    }
    for (const value of [null, {}, [], undefined]) expect(ids({ [key]: value })).toEqual(plain);
  });
  it("sampling that is turned off, code of another class and the usual file name are taken", () => {
    const config = {
      sp_model_kwargs: { enable_sampling: false, alpha: 0.1, nbest_size: -1 },
      auto_map: { AutoProcessor: "code.Processor" },
      fast_tokenizer_files: ["tokenizer.json"],
    };
    expect(ids(config)).toEqual(plain);
  });

  it.each(keys("inert"))("%s: changes nothing, whatever it says", (key) => {
    // A string under a key that ends in _token is a token, in transformers too.
    for (const value of [true, "x", 3, ["x"], { x: "y" }, null])
      if (!(key.endsWith("_token") && value === "x")) expect(ids({ [key]: value })).toEqual(plain);
  });

  it("lists every problem at once, each with its place", () => {
    let error: unknown;
    try {
      SiglipTokenizer.fromSpiece(spiece, {
        padding_side: "top" as "left",
        eos_token: 3 as unknown as string,
        added_tokens_decoder: { "1": { content: "</s>", lstrip: "yes" as unknown as boolean } },
        model_max_length: -1,
      });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(TokenizerError);
    expect((error as TokenizerError).issues).toEqual([
      "eos_token: expected a string or an object with content, received 3",
      'added_tokens_decoder.1.lstrip: expected true or false, received "yes"',
      "model_max_length: expected a positive whole number or null, received -1",
      'padding_side: expected "left" or "right", received "top"',
    ]);
  });
});
