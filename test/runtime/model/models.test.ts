/** What the model classes check, warn of and compute on the host, without a backend. */
import {
  bindPlan,
  classificationLoss,
  ImageClassification,
  inferProblemType,
  InputError,
  nestOutputs,
  Session,
  sigmoidLoss,
  SiglipForImageClassification,
  SiglipModel,
  syntheticWeights,
  WeightsError,
  type Program,
  type Tensor,
} from "@sigil/runtime/internal";
import { sealPlan, type Plan, type PlannedProgram } from "@sigil/spec";
import { describe, expect, it } from "vitest";

const batch = { factor: 1, symbols: ["text_batch"] };
const program = (
  name: string,
  inputs: PlannedProgram["inputs"],
  outputs: PlannedProgram["outputs"],
  symbols: Record<string, number>,
): PlannedProgram => ({
  name,
  symbols,
  inputs,
  outputs,
  weights: [],
  weightBytes: 0,
  arenaBytes: 0,
  scratchBytes: 0,
  init: [],
  launches: [],
  flops: 0,
  gathers: inputs
    .filter(({ dtype }) => dtype === "int32")
    .map(({ name: input }) => ({
      input,
      table: input === "input_ids" ? "words" : "positions",
      count: 1,
      width: 1,
      target: { space: "arena", offset: 0 },
    })),
});
const text = program(
  "text",
  [
    { name: "input_ids", dtype: "int32", shape: [batch, 4] },
    { name: "position_ids", dtype: "int32", shape: [batch, 4], default: "positions" },
    { name: "attention_mask", dtype: "float32", shape: [batch, 4], default: "zeros" },
  ],
  [{ name: "pooler_output", dtype: "float32", shape: [batch, 4] }],
  { text_batch: 2 },
);
const plan = (programs: readonly PlannedProgram[], config: object = {}): Plan =>
  sealPlan({
    version: 1,
    name: "test",
    kind: "siglip",
    architecture: "siglip",
    storage: "float32",
    config: { text_config: { max_position_embeddings: 8, pad_token_id: 1 }, ...config },
    tensors: { words: [10, 1], positions: [8, 1] },
    programs,
  });

/** A program that returns its ids plus its positions plus its mask. */
const echo = (runs: number[] = []): Program => ({
  async run(
    { input_ids: ids, position_ids: positions, attention_mask: mask },
    { text_batch: texts },
  ) {
    runs.push(texts!);
    return {
      pooler_output: {
        data: Float32Array.from(
          ids!,
          (id, i) => id + 100 * positions![i]! + (mask![i]! < 0 ? -1000 : 0),
        ),
        shape: [texts!, 4],
      },
    };
  },
  dispose: () => {},
});
const model = (runs?: number[], warnings: string[] = []) =>
  new SiglipModel(
    new Session(plan([text]), async () => echo(runs), {
      onWarning: ({ code }) => warnings.push(code),
    }),
  );

describe("texts", () => {
  it("fill in positions, broadcast one row of them, and split large batches", async () => {
    const runs: number[] = [];
    const ids = [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 9, 9, 9],
    ];
    expect(Array.from((await model(runs).getTextFeatures({ inputIds: ids })).data)).toEqual([
      1, 102, 203, 304, 5, 106, 207, 308, 9, 109, 209, 309,
    ]);
    expect(runs).toEqual([2, 1]);
    expect(
      Array.from(
        (
          await model().getTextFeatures({ inputIds: ids, positionIds: [[3, 2, 1, 0]] })
        ).data.subarray(8),
      ),
    ).toEqual([309, 209, 109, 9]);
  });
  it("are refused with what was expected and received", async () => {
    const attempt = (inputs: object) => model().getTextFeatures(inputs as never);
    await expect(attempt({ inputIds: [[1, 2, 3]] })).rejects.toThrow(
      "expected 4 values a text, received 3 in row 0",
    );
    await expect(attempt({ inputIds: [[1, 2, 3, 10]] })).rejects.toThrow(
      "expected integers from 0 to 9, received 10 in row 0",
    );
    await expect(attempt({ inputIds: [[1, 2, 3, 0.5]] })).rejects.toThrow("received 0.5");
    await expect(attempt({ inputIds: [] })).rejects.toThrow("expected at least 1");
    await expect(attempt({})).rejects.toThrow("expected rows of ids, received nothing");
    await expect(
      attempt({ inputIds: [[1, 2, 3, 4]], positionIds: [[0, 1, 2, 8]] }),
    ).rejects.toThrow("position_ids: expected integers from 0 to 7");
    await expect(attempt({ inputIds: [[1, 2, 3, 4]], attentionMask: [[1, 1, 1]] })).rejects.toThrow(
      "attention_mask: expected 4 values",
    );
    await expect(
      attempt({ inputIds: [[1, 2, 3, 4]], attentionMask: [[0, 0, 0, 0]] }),
    ).rejects.toThrow("row 0 masks every token");
    await expect(
      attempt({
        inputIds: [[1, 2, 3, 4]],
        attentionMask: [
          [1, 1, 1, 1],
          [1, 1, 1, 1],
        ],
      }),
    ).rejects.toThrow("expected 1 rows, received 2");
  });
  it("warn once of what checkpoints were not trained for, and of nothing else", async () => {
    const warnings: string[] = [];
    const quiet = model([], warnings);
    await quiet.getTextFeatures({ inputIds: [[1, 2, 3, 4]] });
    await quiet.getTextFeatures({ inputIds: [[4, 3, 2, 5]], attentionMask: [[1, 1, 1, 0]] });
    expect(warnings).toEqual(["short-text"]);
    await quiet.getTextFeatures({ inputIds: [[4, 3, 2, 1]], attentionMask: [[1, 1, 1, 0]] });
    await quiet.getTextFeatures({ inputIds: [[4, 3, 2, 1]], attentionMask: [[1, 1, 1, 0]] });
    expect(warnings).toEqual(["short-text", "masked-padding"]);
  });
});

describe("sessions", () => {
  it("say which program is missing, and refuse to run when disposed", async () => {
    await expect(
      model().getImageFeatures({ pixelValues: { data: new Float32Array(3), shape: [1, 3, 1, 1] } }),
    ).rejects.toThrow("compiled without a program that takes pixel_values");
    const gone = model();
    await gone.dispose();
    await expect(gone.getTextFeatures({ inputIds: [[1, 2, 3, 4]] })).rejects.toThrow(
      "was disposed",
    );
  });
  it("load again after a load that failed", async () => {
    let attempts = 0;
    const session = new Session(
      plan([text]),
      async () => (attempts++ === 0 ? Promise.reject(new Error("offline")) : echo()),
      { onWarning: () => {} },
    );
    const flaky = new SiglipModel(session);
    await expect(flaky.getTextFeatures({ inputIds: [[1, 2, 3, 4]] })).rejects.toThrow("offline");
    await expect(flaky.getTextFeatures({ inputIds: [[1, 2, 3, 4]] })).resolves.toBeDefined();
  });
});

const logits = (rows: number[][]): Tensor => ({
  data: Float32Array.from(rows.flat()),
  shape: [rows.length, rows[0]!.length],
});
describe("losses", () => {
  it("are finite at the ends of the scale", () => {
    expect(
      sigmoidLoss(
        logits([
          [80, -80],
          [-80, 80],
        ]),
      ),
    ).toBeCloseTo(0, 12);
    expect(
      sigmoidLoss(
        logits([
          [-500, 500],
          [500, -500],
        ]),
      ),
    ).toBeCloseTo(1000, 6);
    expect(() => sigmoidLoss(logits([[1, 2, 3]]))).toThrow("1 texts and 3 images");
  });
  it("ignore class -100 and refuse labels of the wrong kind, count or range", () => {
    expect(
      classificationLoss(
        logits([
          [0, 0],
          [9, -9],
        ]),
        [0, -100],
        "single_label_classification",
      ),
    ).toBeCloseTo(Math.log(2), 12);
    expect(() => classificationLoss(logits([[0, 0]]), [2], "single_label_classification")).toThrow(
      "labels[0]: expected 0 to 1",
    );
    expect(() =>
      classificationLoss(logits([[0, 0]]), [0, 1], "single_label_classification"),
    ).toThrow("expected 1, one for each picture, received 2");
    expect(() =>
      classificationLoss(logits([[0, 0]]), [[1, 0]], "single_label_classification"),
    ).toThrow("expected a class index");
    expect(() => classificationLoss(logits([[0, 0]]), [[1]], "multi_label_classification")).toThrow(
      "labels[0]: expected 2 numbers",
    );
    expect(() =>
      classificationLoss(logits([[0, 0]]), ["a"] as never, "multi_label_classification"),
    ).toThrow(InputError);
  });
  it("are chosen as transformers chooses them", () => {
    expect([
      inferProblemType([0.5], 1),
      inferProblemType([0, 1], 3),
      inferProblemType([[1, 0, 1]], 3),
      inferProblemType([0.5], 3),
    ]).toEqual([
      "regression",
      "single_label_classification",
      "multi_label_classification",
      "multi_label_classification",
    ]);
  });
});

describe("image classification", () => {
  const classifier = (config: object, output = "logits") => {
    const pixels = program(
      "vision",
      [
        {
          name: "pixel_values",
          dtype: "float32",
          shape: [{ factor: 1, symbols: ["image_batch"] }, 1, 1, 1],
        },
      ],
      [],
      { image_batch: 4 },
    );
    const session = new Session(
      plan([pixels], { id2label: { 0: "a", 1: "b", 2: "c" }, ...config }),
      async () => ({
        run: async () => ({
          [output]: { data: Float32Array.of(0, Math.log(3), -Infinity), shape: [1, 3] },
        }),
        dispose: () => {},
      }),
    );
    return new ImageClassification(new SiglipForImageClassification(session));
  };
  const pixels: Tensor = { data: new Float32Array(1), shape: [1, 1, 1, 1] };
  it("applies softmax to single labels, sigmoid to many, and keeps the best", async () => {
    expect(await classifier({}).classify(pixels, { topK: 2 })).toEqual([
      [
        { label: "b", score: expect.closeTo(0.75, 6) },
        { label: "a", score: expect.closeTo(0.25, 6) },
      ],
    ]);
    expect(
      (await classifier({ problem_type: "multi_label_classification" }).classify(pixels))[0],
    ).toEqual([
      { label: "b", score: expect.closeTo(0.75, 6) },
      { label: "a", score: 0.5 },
      { label: "c", score: 0 },
    ]);
    expect(
      (await classifier({}).classify(pixels, { functionToApply: "none" }))[0]![0]!.score,
    ).toBeCloseTo(Math.log(3), 6);
    await expect(classifier({}).classify(pixels, { topK: 0 })).rejects.toThrow(
      "topK: expected a positive integer",
    );
  });
  it("refuses a plan of the tower alone, which has no logits", async () => {
    const run = classifier({}, "pooler_output").classify(pixels);
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(/^logits: .* was compiled without it$/);
  });
});

it("outputs by layer become an array only where they are all there", () => {
  const tensor = logits([[1]]);
  expect(
    nestOutputs({
      last_hidden_state: tensor,
      "hidden_states.0": tensor,
      "hidden_states.1": tensor,
      "attentions.3": tensor,
    }),
  ).toEqual({ lastHiddenState: tensor, hiddenStates: [tensor, tensor], attentions: { 3: tensor } });
});

it("a plan of one tower takes a whole checkpoint, and nothing that is not SigLIP's", () => {
  const tensors = { "vision_model.post_layernorm.bias": [2] };
  const source = (...names: string[]) =>
    syntheticWeights(
      [...names, "vision_model.post_layernorm.bias"].map((name) => ({ name, shape: [2] })),
    );
  expect(() =>
    bindPlan({ tensors }, source("text_model.head.bias", "logit_scale", "vision_model.head.probe")),
  ).not.toThrow();
  expect(() => bindPlan({ tensors }, source("vision_model.post_layernorm.bais"))).toThrow(
    WeightsError,
  );
  expect(() => bindPlan({ tensors }, source("adapter.weight"))).toThrow("adapter.weight");
});
