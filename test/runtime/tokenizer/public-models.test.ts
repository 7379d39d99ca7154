import { SiglipTokenizer } from "@sigil/runtime";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The model of transformers' own tests; not part of this repository. */
const model = new URL(
  "../../../../shared/public/sentencepiece/test_sentencepiece.model",
  import.meta.url,
);

test.skipIf(!existsSync(model)).each([
  ["This is a test", [66, 46, 10, 170, 382]],
  [
    "I was born in 92000, and this is fals\u00e9.",
    [7, 23, 21, 84, 55, 24, 19, 7, 0, 602, 347, 347, 347, 12, 66, 46, 72, 80, 6, 0],
  ],
  [". Hello", [37, 86, 20]],
  ["       . Hello", [37, 86, 20]],
  ["\u2581He is not", [37, 46, 44]],
  ["\u2581He is not             \u2581He", [37, 46, 44, 37]],
])("transformers' test_tokenization_siglip: %j", (text, ids) => {
  const tokenizer = SiglipTokenizer.fromSpiece(new Uint8Array(readFileSync(model)));
  expect(tokenizer.convertTokensToIds(tokenizer.tokenize(text))).toEqual(ids);
  expect(tokenizer.encode(text).inputIds[0]).toEqual([...ids, 2]);
});
