/** Texts as open_clip cleans them; test/fixtures/wild/make_text_goldens.py. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  openClipText,
  openClipTokenizer,
  tokenizerConfigOf,
  TokenizerError,
  tokenizerFromJson,
  type OpenClipCleaning,
  type Tokenizer,
} from "@sigil/runtime";
import { expect, it } from "vitest";
import { openCheckpoint } from "@sigil/runtime/node";
import { fixtures } from "../support/golden-cases.ts";
import { wildFolder } from "../support/wild-cases.ts";

const goldens = JSON.parse(readFileSync(join(fixtures, "wild/texts.json"), "utf8")) as (Readonly<
  Record<OpenClipCleaning, string>
> & { readonly text: string })[];

it.each(["canonicalize", "lower", "whitespace"] as const)(
  "texts are cleaned by %s as open_clip and ftfy clean them",
  (kind) => {
    expect(goldens.length).toBeGreaterThan(350);
    expect(goldens.map(({ text }) => openClipText(text, kind))).toEqual(
      goldens.map((golden) => golden[kind]),
    );
  },
);

it("texts give the ids of open_clip's HFTokenizer", async () => {
  const checkpoint = await openCheckpoint(wildFolder("openclip-siglip"));
  const tokenizer = openClipTokenizer(
    tokenizerFromJson(checkpoint.tokenizerJson!, tokenizerConfigOf(checkpoint)),
    "canonicalize",
  );
  await checkpoint.close();
  const texts = [
    "A_cat!",
    "a photo of two DOGS",
    "",
    "it&rsquo;s &amp; the cat_dog photo of red 12345",
  ];
  expect(
    tokenizer.encode(texts, { padding: "max_length", truncation: true, maxLength: 8 }),
  ).toEqual({
    inputIds: [
      [4, 5, 1, 0, 0, 0, 0, 0],
      [4, 7, 8, 10, 6, 32, 1, 0],
      [1, 0, 0, 0, 0, 0, 0, 0],
      [12, 13, 5, 6, 7, 8, 9, 1],
    ],
  });
});

it("a tokenizer reads the cleaned texts", () => {
  const read: string[] = [];
  const inner: Tokenizer = {
    padTokenId: 1,
    modelMaxLength: 64,
    encode(texts) {
      read.push(...[texts].flat());
      return { inputIds: [] };
    },
    decode: () => "",
  };
  openClipTokenizer(inner, "canonicalize").encode(["A_cat!", "it&rsquo;s"]);
  openClipTokenizer(inner).encode("Two  words.");
  expect(read).toEqual(["a cat", "its", "Two words."]);
  expect(() => openClipTokenizer(inner, "tidy" as OpenClipCleaning)).toThrow(TokenizerError);
});
