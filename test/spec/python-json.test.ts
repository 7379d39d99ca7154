/** Files of Python's writer are read as Python reads them, and nothing else is let in. */
import { DiagnosticError, formatDiagnostics, parseSpec } from "@sigil/spec";
import { parsePythonJson } from "@sigil/spec/shared";
import { describe, expect, it } from "vitest";

const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
/** The start of a text, for names of tests. */
const start = (text: string): string => JSON.stringify(text).slice(0, 60);

describe("JSON with NaN and Infinity", () => {
  const read: readonly [string, unknown][] = [
    ["NaN", Number.NaN],
    ["[NaN,-Infinity, Infinity ]", [Number.NaN, -Infinity, Infinity]],
    ['{"a":Infinity,"b":{"c":NaN}}', { a: Infinity, b: { c: Number.NaN } }],
    ['{"NaN":"NaN","-Infinity":"\\"Infinity"}', { NaN: "NaN", "-Infinity": '"Infinity' }],
    ['["\ue000","\\uE001",NaN]', ["\ue000", "\ue001", Number.NaN]],
    ['{"a":1,"a":NaN}', { a: Number.NaN }],
    ["[-0,-1]", [-0, -1]],
    [nested(128), JSON.parse(nested(128))],
    ['{"a":"[[["}', { a: "[[[" }],
  ];
  for (const [text, value] of read)
    it(`is read as Python reads it: ${start(text)}`, () =>
      expect(parsePythonJson(text)).toStrictEqual(value));

  it("keeps a key called __proto__ a key", () =>
    expect(Object.keys(parsePythonJson('{"__proto__":[NaN]}') as object)).toEqual(["__proto__"]));

  // Python's json.loads refuses each of these but the depth, which it bounds itself.
  const refused: readonly string[] = [
    "",
    "nan",
    "+Infinity",
    "--Infinity",
    "- Infinity",
    "-NaN",
    "1Infinity",
    "Infinity5",
    "Infinity.5",
    "NaNNaN",
    "[NaN NaN]",
    "{NaN:1}",
    "{Infinity :1}",
    "[1,]",
    "// a\n1",
    "'a'",
    '"a\nb"',
    "01",
    nested(129),
    nested(100_000),
    '{"a":'.repeat(100_000),
  ];
  for (const text of refused)
    it(`is refused: ${start(text)}`, () =>
      expect(() => parsePythonJson(text)).toThrow(SyntaxError));
});

describe("a spec's file", () => {
  const problems = (text: string): string => {
    try {
      parseSpec(text, { file: "x.json" });
    } catch (error) {
      if (error instanceof DiagnosticError) return formatDiagnostics(error.diagnostics);
      throw error;
    }
    return "";
  };

  it("may have NaN and Infinity in fields that the model does not read", () =>
    expect(
      parseSpec('{"model_type":"siglip","best_loss":Infinity,"x":[NaN]}', { file: "x.json" }).config
        .best_loss,
    ).toBe(Infinity));

  it("is refused with the places where NaN or Infinity cannot stand", () =>
    expect(
      problems(
        '{"model_type":"siglip","text_config":{"layer_norm_eps":NaN,"hidden_size":-Infinity}}',
      ),
    ).toMatchInlineSnapshot(`
      "error[out-of-range]: \`text_config.layer_norm_eps\` must be finite, not NaN
       --> x.json:1:56
        |
      1 | {"model_type":"siglip","text_config":{"layer_norm_eps":NaN,"hidden_size":-Infinity}}
        |                                                        ^^^

      error[out-of-range]: \`text_config.hidden_size\` must be finite, not -Infinity
       --> x.json:1:74
        |
      1 | {"model_type":"siglip","text_config":{"layer_norm_eps":NaN,"hidden_size":-Infinity}}
        |                                                                          ^^^^^^^^^"
    `));

  it("is refused with the place where it nests too deep", () =>
    expect(problems(`{"model_type":"siglip",\n"x":${nested(20_000)}}`)).toContain(
      "error[malformed-json]: nested deeper than 128 levels\n --> x.json:2:132",
    ));

  it.each(["", " ", "NaN NaN", "{", "\u0000", '{"a":1}}', '"\ud800'])(
    "is reported as malformed if it is %j",
    (text) => expect(problems(text)).toContain("error[malformed-json]: malformed JSON: "),
  );
});
