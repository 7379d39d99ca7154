/** What a document states of an op is what the op declares, or is refused at its place. */
import { execFileSync } from "node:child_process";
import { buildGraphs, compile, ArchitectureError, ops } from "@sigil/compiler/internal";
import {
  DiagnosticError,
  parseArchitecture,
  parseSpec,
  type Architecture,
  type Diagnostic,
} from "@sigil/spec";
import { describe, expect, it } from "vitest";

it("the schema and the page are what the ops declare", () => {
  const script = new URL("../../scripts/generate-operations.mjs", import.meta.url).pathname;
  execFileSync("node", [script, "--check"], { stdio: "pipe" });
});

const documentOf = (...steps: object[]) => ({
  name: "d",
  config: "vision_config",
  symbols: { image_batch: "image", other: "image" },
  inputs: {
    x: { dtype: "float32", shape: ["image_batch", 4, 8] },
    pictures: { dtype: "float32", shape: ["image_batch", 3, 8, 8] },
    ids: { dtype: "int32", shape: ["image_batch", 4] },
    more: { dtype: "float32", shape: ["other", 4] },
  },
  steps: steps.map((step, i) => ({ name: `s${i}`, ...step })),
  outputs: { out: `s${steps.length - 1}` },
});
const parse = (document: object) => () =>
  parseArchitecture(JSON.stringify(document, undefined, 1), { file: "d.json" });
const diagnosticsOf = (task: () => unknown): readonly Diagnostic[] => {
  try {
    task();
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    throw error;
  }
  return [];
};
const spec = parseSpec(
  `{"name":"m","architecture":"siglip-vision","config":{"vision_config":{
    "hidden_size":8,"num_attention_heads":2,"tiny":"small","half":0.5,"endless":Infinity}}}`,
  { file: "m.json" },
);
/** What is wrong with a document that no file holds, so that the schema has not seen it. */
const problemOf = (document: object): string => {
  try {
    buildGraphs(spec, document as Architecture);
  } catch (error) {
    if (error instanceof ArchitectureError) return `${error.pointer}: ${error.problem}`;
    throw error;
  }
  return "";
};

const norm = {
  op: "layer_norm",
  inputs: ["x"],
  weights: { weight: { name: "w", shape: [8] }, bias: { name: "b", shape: [8] } },
};
const token = { op: "token", inputs: ["x"] };

describe("an op's step in a file", () => {
  it.each<[string, object, string, RegExp, RegExp?]>([
    [
      "a misspelt attribute",
      { ...norm, attributes: { epsilonn: 1e-6 } },
      "/steps/0/attributes/epsilonn",
      /unknown key/,
      /did you mean `epsilon`/,
    ],
    [
      "an attribute of another type",
      { ...norm, attributes: { epsilon: "tiny" } },
      "/steps/0/attributes/epsilon",
      /must be a number, or `\$` followed by the name of a config field, not "tiny"/,
    ],
    [
      "one out of range",
      { ...norm, attributes: { epsilon: -1 } },
      "/steps/0/attributes/epsilon",
      /at least 0/,
    ],
    [
      "one that is no integer",
      { ...token, attributes: { index: 0.5 } },
      "/steps/0/attributes/index",
      /an integer/,
    ],
    [
      "a missing one",
      { ...token, attributes: { keep: true } },
      "/steps/0/attributes",
      /missing key `index`/,
    ],
    ["none at all", token, "/steps/0", /missing key `attributes`/],
    [
      "an unknown value",
      { op: "activation", inputs: ["x"], attributes: { kind: "gelu_pytorch_tahn" } },
      "/steps/0/attributes/kind",
      /cannot be "gelu_pytorch_tahn"/,
      /did you mean `gelu_pytorch_tanh`/,
    ],
    [
      "an attribute where there are none",
      { op: "exp", inputs: ["x"], attributes: { base: 2 } },
      "/steps/0/attributes/base",
      /unknown key/,
      /there are none/,
    ],
    [
      "an unknown op",
      { op: "layer_nrom", inputs: ["x"] },
      "/steps/0/op",
      /cannot be "layer_nrom"/,
      /did you mean `layer_norm`/,
    ],
    [
      "an op of every object",
      { op: "toString", inputs: ["x"] },
      "/steps/0/op",
      /cannot be "toString"/,
    ],
    [
      "a misspelt role",
      { op: "linear", inputs: ["x"], weights: { wieght: { name: "w", shape: [2, 8] } } },
      "/steps/0/weights/wieght",
      /unknown key/,
      /did you mean `weight`/,
    ],
    ["too few inputs", { op: "add", inputs: ["x"] }, "/steps/0/inputs", /at least 2 items, not 1/],
    ["too many", { op: "exp", inputs: ["x", "x"] }, "/steps/0/inputs", /at most 1 item, not 2/],
  ])("with %s", (_, step, pointer, message, help) => {
    const found = diagnosticsOf(parse(documentOf(step))).find(
      (diagnostic) => diagnostic.pointer === pointer,
    );
    expect(found).toMatchObject({
      file: "d.json",
      line: expect.any(Number),
      message: expect.stringMatching(message),
    });
    if (help) expect(found!.help).toMatch(help);
  });

  it("comes with every problem at once", () =>
    expect(
      diagnosticsOf(
        parse(
          documentOf(
            { ...norm, attributes: { epsilonn: 1 } },
            { op: "gelu", inputs: ["x"] },
            { ...token, attributes: { index: "first" } },
          ),
        ),
      ).map(({ pointer }) => pointer),
    ).toEqual(["/steps/0/attributes/epsilonn", "/steps/1/op", "/steps/2/attributes/index"]));

  it("may take its attributes from the config", () =>
    expect(
      diagnosticsOf(
        parse(
          documentOf(
            { ...norm, attributes: { epsilon: "$layer_norm_eps" } },
            { op: "activation", inputs: ["x"], attributes: { kind: "$hidden_act" } },
          ),
        ),
      ),
    ).toEqual([]));
});

describe("what the config gives an attribute", () => {
  it("is taken if it suits the attribute", () =>
    expect(problemOf(documentOf({ ...norm, attributes: { epsilon: "$layer_norm_eps" } }))).toBe(
      "",
    ));

  it.each([
    [
      "$tiny",
      '/steps/0/attributes/epsilon: "epsilon" of layer_norm must be a number of at least 0, ' +
        'not "small"',
    ],
    [
      "$endless",
      '/steps/0/attributes/epsilon: "epsilon" of layer_norm must be a number of at least 0, ' +
        "not Infinity",
    ],
    ["$toString", '/steps/0/attributes/epsilon: the config has no field "toString"'],
    [
      "$vision_use_head",
      '/steps/0/attributes/epsilon: "epsilon" of layer_norm must be a number of at least 0, ' +
        "not true",
    ],
  ])("is refused if %s does not suit it: %s", (epsilon, problem) =>
    expect(problemOf(documentOf({ ...norm, attributes: { epsilon } }))).toBe(problem),
  );
  it("is an integer where the op counts with it", () =>
    expect(problemOf(documentOf({ ...token, attributes: { index: "$half" } }))).toBe(
      '/steps/0/attributes/index: "index" of token must be an integer, not 0.5',
    ));
});

describe("a document that no file holds", () => {
  const weight = (...shape: (number | string)[]) => ({ weight: { name: "w", shape } });
  it.each<[string, object[]]>([
    [
      '/steps/0/attributes/epsilonn: layer_norm has no attribute "epsilonn"; did you mean ' +
        '"epsilon"?',
      [{ ...norm, attributes: { epsilonn: 1 } }],
    ],
    ['/steps/0/op: unknown op "linea"; did you mean "linear"?', [{ op: "linea", inputs: ["x"] }]],
    ['/steps/0/attributes: token needs an attribute "index"', [token]],
    [
      "/steps/1/inputs/0: embedding reads ids that are an input of the graph, not computed ones",
      [
        { op: "exp", inputs: ["x"] },
        { op: "embedding", inputs: ["s0"], weights: weight(9, 8) },
      ],
    ],
    [
      "/steps/0/inputs/0: embedding reads int32, not float32",
      [{ op: "embedding", inputs: ["x"], weights: weight(9, 8) }],
    ],
    ["/steps/0/inputs/0: exp reads float32, not int32", [{ op: "exp", inputs: ["ids"] }]],
    [
      "/steps/0/weights/weight/rows: an embedding must read a whole table",
      [
        {
          op: "embedding",
          inputs: ["ids"],
          weights: { weight: { name: "w", shape: [9, 8], rows: [1, 4] } },
        },
      ],
    ],
    [
      "/steps/0: expected a table of [rows, channels], received [9, 2, 4]",
      [{ op: "embedding", inputs: ["ids"], weights: weight(9, 2, 4) }],
    ],
    [
      "/steps/1/inputs/0: what patches gives can only be read by linear",
      [
        { op: "patches", inputs: ["pictures"], attributes: { patch: 4 } },
        { op: "exp", inputs: ["s0"] },
      ],
    ],
    [
      "/outputs/out: what patches gives can only be read by linear",
      [{ op: "patches", inputs: ["pictures"], attributes: { patch: 4 } }],
    ],
    [
      "/steps/1/inputs/0: interpolate_grid must read a parameter whose weight has two axes",
      [
        { op: "parameter", weights: weight(1, 4, 8) },
        { op: "interpolate_grid", inputs: ["s0"], attributes: { height: 2, width: 2 } },
      ],
    ],
    [
      "/outputs/out: an output must be computed from an input",
      [{ op: "parameter", weights: weight(4) }],
    ],
    [
      "/steps/0: expected at most two axes after leading axes of size 1, received [2, 3, 4]",
      [{ op: "parameter", weights: weight(2, 3, 4) }],
    ],
    [
      "/steps/0: a weight of [8, 1] does not fit 8 channels",
      [{ ...norm, op: "rms_norm", weights: weight(8, 1) }],
    ],
    [
      '/steps/0/weights/weight/shape/0: "other" must be known when compiling',
      [{ op: "linear", inputs: ["x"], weights: weight("other", 8) }],
    ],
    [
      '/steps/0/weights/weight/shape/0: "half" is 0.5, but sizes are integers',
      [{ op: "linear", inputs: ["x"], weights: weight("half", 8) }],
    ],
    [
      '/steps/0/weights/weight/shape/0: "8 / 0" is Infinity, but sizes are integers',
      [{ op: "linear", inputs: ["x"], weights: weight("8 / 0", 8) }],
    ],
    [
      '/steps/0/weights/weight/shape/0: "1 - 1" is 0, but sizes go from 1 to 2147483647',
      [{ op: "linear", inputs: ["x"], weights: weight("1 - 1", 8) }],
    ],
    [
      "/steps/0/weights/weight/shape: [1000000000, 8] has more than 2147483647 elements in a " +
        "run of the largest batches",
      [{ op: "linear", inputs: ["x"], weights: weight(1e9, 8) }],
    ],
    [
      '/steps/0/weights/weight/shape/0: "toString" in "toString" is not a config field, ' +
        "dimension or symbol",
      [{ op: "linear", inputs: ["x"], weights: weight("toString", 8) }],
    ],
  ])("%s", (problem, steps) => expect(problemOf(documentOf(...steps))).toContain(problem));

  it("names what must be known when compiling", () => {
    const document = {
      ...documentOf({ op: "l2_normalize", inputs: ["x"] }),
      inputs: { x: { dtype: "float32", shape: [4, "image_batch"] } },
    };
    expect(problemOf(document)).toBe("/steps/0: channels must be known when compiling");
  });
  it("names a symbol that no input binds", () =>
    expect(
      problemOf({
        ...documentOf({ op: "exp", inputs: ["x"] }),
        inputs: { x: { dtype: "float32", shape: ["image_batch * other", 8] } },
      }),
    ).toMatch(/^\/symbols\/image_batch: no input without a default has an axis of/));
});

describe("what is unrolled is bounded", () => {
  const block = (steps: object[]) => ({ inputs: ["x"], steps, output: "y" });
  const within = (repeat: unknown, more: object = {}) => ({
    ...documentOf({ block: "b", inputs: ["x"], repeat }),
    blocks: { b: block([{ name: "y", op: "exp", inputs: ["x"] }]) },
    ...more,
  });
  it.each<[string, object, RegExp]>([
    ["a repeat", within(1e9), /\/steps\/0\/repeat: the graph has more than 5000 steps/],
    [
      "of steps that are off",
      within(1e9, {
        blocks: { b: block([{ name: "y", op: "exp", inputs: ["x"], when: "!vision_use_head" }]) },
      }),
      /5000 steps/,
    ],
    ["less than never", within(-1), /\/steps\/0\/repeat: -1 is -1, but a block cannot/],
    ["a part of one", within(1.5), /sizes are integers/],
    ["a symbol", within("image_batch"), /must be known when compiling/],
    [
      "blocks that double",
      {
        ...within(1),
        blocks: Object.fromEntries(
          Array.from({ length: 60 }, (_, i) => [
            i === 0 ? "b" : `b${i}`,
            block(
              i === 59
                ? [{ name: "y", op: "exp", inputs: ["x"] }]
                : [
                    { name: "z", block: `b${i + 1}`, inputs: ["x"] },
                    { name: "y", block: `b${i + 1}`, inputs: ["z"] },
                  ],
            ),
          ]),
        ),
      },
      /more than 5000 steps/,
    ],
    [
      "blocks in blocks",
      {
        ...within(1),
        blocks: Object.fromEntries(
          Array.from({ length: 5000 }, (_, i) => [
            i === 0 ? "b" : `b${i}`,
            block([
              i === 4999
                ? { name: "y", op: "exp", inputs: ["x"] }
                : { name: "y", block: `b${i + 1}`, inputs: ["x"] },
            ]),
          ]),
        ),
      },
      /nested more than 64 levels deep/,
    ],
    [
      "dimensions that double",
      within("d0", {
        dimensions: Object.fromEntries(
          Array.from({ length: 60 }, (_, i) => [`d${i}`, i === 59 ? 1 : `d${i + 1} + d${i + 1}`]),
        ),
      }),
      /is 576460752303423500, but sizes are integers/,
    ],
    [
      "dimensions of dimensions",
      within("d0", {
        dimensions: Object.fromEntries(
          Array.from({ length: 5000 }, (_, i) => [`d${i}`, i === 4999 ? 1 : `d${i + 1}`]),
        ),
      }),
      /more than 64 levels deep/,
    ],
    ["parentheses", within("(".repeat(100_000)), /more than 500 characters/],
  ])("%s", (_, document, problem) => {
    const before = process.cpuUsage();
    expect(problemOf(document)).toMatch(problem);
    diagnosticsOf(parse(document));
    const { user } = process.cpuUsage(before);
    // Two seconds, of the processor's time; without the bound there is no end.
    expect(user).toBeLessThan(2_000_000);
  });
});

describe("an op alone", () => {
  it.each(Object.entries(ops).map(([name, op]) => [name, op.summary]))(
    "%s says what it does",
    (_, summary) => expect(summary).toMatch(/\.$/),
  );
  it("of elements compiles as a kernel of its own", async () => {
    const document = documentOf({ op: "exp", inputs: ["x"] }) as unknown as Architecture;
    const { programs } = await compile({ ...spec, targets: ["cpu", "webgpu", "cuda"] }, document);
    expect(programs[0]!.lowered.launches.map(({ problem }) => problem.family)).toEqual(["map"]);
  });
});
