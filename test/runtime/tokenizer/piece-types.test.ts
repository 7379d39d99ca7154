import { SentencePiece } from "@sigil/runtime";
import { expect, test } from "vitest";

const normal = 1,
  unknown = 2,
  control = 3,
  userDefined = 4,
  unused = 5;

/** A ModelProto of the given pieces, without normalisation or dummy prefix. */
function model(
  pieces: readonly (readonly [text: string, score: number, type: number])[],
): Uint8Array {
  const message = (number: number, payload: readonly number[]) => [
    number * 8 + 2,
    payload.length,
    ...payload,
  ];
  const piece = ([text, score, type]: readonly [string, number, number]) => {
    const float = new Uint8Array(new Float32Array([score]).buffer);
    return message(1, [
      ...message(1, [...new TextEncoder().encode(text)]),
      2 * 8 + 5,
      ...float,
      3 * 8,
      type,
    ]);
  };
  const normalizer = message(3, [3 * 8, 0, 4 * 8, 0]);
  return Uint8Array.from([...pieces.flatMap(piece), ...normalizer]);
}

const base = [
  ["<unk>", 0, unknown],
  ["</s>", 0, control],
  ["a", -1, normal],
  ["b", -2, normal],
] as const;

test("consecutive unknown characters are one piece", () => {
  expect(new SentencePiece(model(base)).encode("xya\u{1f600}b")).toEqual([0, 2, 0, 3]);
});

test("control pieces are never found in a text", () => {
  expect(new SentencePiece(model(base)).encode("</s>a")).toEqual([0, 2]);
});

test("unused pieces are skipped", () => {
  expect(new SentencePiece(model([...base, ["ab", -0.5, normal]])).encode("ab")).toEqual([4]);
  expect(new SentencePiece(model([...base, ["ab", -0.5, unused]])).encode("ab")).toEqual([2, 3]);
});

test("user-defined pieces score by their length, whatever the file says", () => {
  const pieces = [
    ...base,
    ["c", 0, normal],
    ["bab", -0.5, normal],
    ["ba", -50, userDefined],
  ] as const;
  // ba scores 0.1 * (2 - 1): ba + b = 0.1 - 2 loses to bab = -0.5; alone, ba beats b + a = -3.
  expect(new SentencePiece(model(pieces)).encode("bab")).toEqual([5]);
  expect(new SentencePiece(model(pieces)).encode("ba")).toEqual([6]);
});

test("on a tie the piece that starts earlier wins", () => {
  const pieces = [...base, ["aa", -2, normal]] as const;
  expect(new SentencePiece(model(pieces)).encode("aa")).toEqual([4]);
  // The last piece starts earlier.
  expect(new SentencePiece(model(pieces)).encode("aaa")).toEqual([2, 4]);
});
