/** Every place of a document in which a name can stand, as documents with that name in it. */
import type { ModelSpec } from "@sigil/spec";

export interface Document {
  /** A Sigil spec or a config.json, as text. */
  readonly spec: string;
  /** The architecture document that replaces the spec's, as text. */
  readonly architecture?: string;
}

export interface Place {
  readonly document: (name: string) => Document;
  /** Names that are let in; where a rule is not this test's, either. */
  readonly admits?: (name: string) => boolean;
}

const identifier = (name: string): boolean =>
  /^[A-Za-z]\w*$/.test(name) && name.length <= 100 && !(name in Object.prototype);
const all = (): boolean => true;
const none = (): boolean => false;

const tower = {
  hidden_size: 16,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  image_size: 16,
  patch_size: 8,
};
const config = { vision_config: tower };
const spec = (changes: object = {}): string =>
  JSON.stringify({ name: "a-model", architecture: "./document.json", config, ...changes });
interface GraphNames {
  readonly graph?: string;
  readonly symbol?: string;
  readonly dimension?: string;
  readonly input?: string;
  readonly block?: string;
  readonly blockInput?: string;
  readonly step?: string;
  readonly output?: string;
  readonly weight?: string;
  readonly path?: string;
}

/** A graph of two kernels; with pictures, one that the class of vision towers runs. */
const graph = (
  {
    graph = "a-graph",
    symbol = "batch",
    dimension = "width",
    input = "features",
    block = "block",
    blockInput = "x",
    step = "step",
    output = "result",
    weight = "weight",
    path = "layer",
  }: GraphNames,
  pictures = false,
) => ({
  name: graph,
  config: "vision_config",
  symbols: { [symbol]: "image" },
  dimensions: { [dimension]: "hidden_size", depth: "num_channels * patch_size * patch_size" },
  inputs: {
    [input]: {
      dtype: "float32",
      shape: pictures
        ? [symbol, "num_channels", "image_size", "image_size"]
        : [symbol, 4, dimension],
    },
  },
  blocks: {
    [block]: {
      inputs: [blockInput],
      steps: [
        {
          name: "y",
          op: "linear",
          inputs: [blockInput],
          weights: { weight: { name: weight, shape: [dimension, pictures ? "depth" : dimension] } },
        },
      ],
      output: "y",
    },
  },
  steps: [
    ...(pictures
      ? [{ name: "cut", op: "patches", inputs: [input], attributes: { patch: "$patch_size" } }]
      : []),
    { name: step, block, path, inputs: [pictures ? "cut" : input] },
    { name: "last", op: "mean_tokens", inputs: [step] },
  ],
  outputs: { [output]: "last" },
});

/** A classifier, of no more than a graph's kernels. */
const classifier = (changes: object, more: object = {}): Document => ({
  spec: spec({ config: { ...config, id2label: { 0: "a", 1: "b" }, ...changes }, ...more }),
  architecture: JSON.stringify(graph({ input: "pixel_values", output: "logits" }, true)),
});

const inGraph =
  (of: keyof GraphNames) =>
  (name: string): Document => ({
    spec: spec(),
    architecture: JSON.stringify(graph({ [of]: name })),
  });
const inPictures =
  (of: keyof GraphNames) =>
  (name: string): Document => ({
    spec: spec(),
    architecture: JSON.stringify(graph({ input: "pixel_values", [of]: name }, true)),
  });
/** The text of a graph in which `before` is changed to the name. */
const changed =
  (change: (document: ReturnType<typeof graph>, name: string) => object) =>
  (name: string): Document => ({
    spec: spec(),
    architecture: JSON.stringify(change(graph({}), name)),
  });
const firstStep = (document: ReturnType<typeof graph>, extra: object): object => ({
  ...document,
  steps: [{ ...document.steps[0], ...extra }, ...document.steps.slice(1)],
});

const output = (name: string): boolean => identifier(name) && name === name.toLowerCase();
const graphName = (name: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) && name.length <= 100;

export const places: Readonly<Record<string, Place>> = {
  "name of a spec": {
    document: (name) => ({ spec: spec({ name }), architecture: JSON.stringify(graph({})) }),
    admits: (name) => /^[a-z0-9][a-z0-9._-]*$/.test(name),
  },
  "name of a graph": { document: inGraph("graph"), admits: graphName },
  "name of a composition": {
    document: changed((document, name) => ({ name, programs: [document] })),
    admits: graphName,
  },
  "name of a program": {
    document: changed((document, name) => ({
      name: "composed",
      programs: [document, { ...document, name }],
    })),
    admits: graphName,
  },
  "name of a symbol": { document: inGraph("symbol"), admits: identifier },
  "name of a dimension": { document: inGraph("dimension"), admits: identifier },
  "name of an input": { document: inGraph("input"), admits: identifier },
  "name of a block": { document: inGraph("block"), admits: identifier },
  "name of a block's input": { document: inGraph("blockInput"), admits: identifier },
  "name of a step": { document: inGraph("step"), admits: identifier },
  "name of an output": { document: inGraph("output"), admits: output },
  "name of a vision tower's output": { document: inPictures("output"), admits: output },
  "name of a weight": { document: inGraph("weight"), admits: (name) => name !== "" },
  "path of a block's weights": { document: inGraph("path"), admits: all },
  "name of an op": {
    document: changed((document, name) => firstStep(document, { block: undefined, op: name })),
    admits: none,
  },
  "name of an attribute": {
    document: changed((document, name) => ({
      ...document,
      steps: [document.steps[0], { ...document.steps[1], attributes: { [name]: 1 } }],
    })),
  },
  "value of an attribute": {
    document: changed((document, name) => ({
      ...document,
      steps: [
        document.steps[0],
        { name: "last", op: "activation", inputs: ["step"], attributes: { kind: name } },
      ],
    })),
    admits: none,
  },
  "field of an attribute": {
    document: changed((document, name) => ({
      ...document,
      steps: [
        document.steps[0],
        { name: "last", op: "activation", inputs: ["step"], attributes: { kind: `$${name}` } },
      ],
    })),
    admits: none,
  },
  "role of a weight": {
    document: changed((document, name) => ({
      ...document,
      blocks: {
        block: {
          ...document.blocks.block!,
          steps: [
            {
              ...document.blocks.block!.steps[0]!,
              weights: {
                ...document.blocks.block!.steps[0]!.weights,
                [name]: { name: "other", shape: [16] },
              },
            },
          ],
        },
      },
    })),
    admits: none,
  },
  "condition of a step": { document: changed((document, when) => firstStep(document, { when })) },
  "condition of a graph": { document: changed((document, when) => ({ ...document, when })) },
  "list of a step": {
    document: changed((document, collect) => firstStep(document, { collect })),
    admits: none,
  },
  "config of a graph": {
    document: changed((document, name) => ({ ...document, config: name })),
    admits: none,
  },
  "size of a weight": {
    document: changed((document, name) => ({ ...document, dimensions: { width: name } })),
  },
  "key of a document": {
    document: changed((document, name) => ({ ...document, [name]: 1 })),
    admits: none,
  },
  // Together, since each is let in and none changes what is computed.
  "label, key of a config and file of a digest": {
    document: (name) =>
      classifier(
        {
          id2label: { 0: name, 1: "b" },
          label2id: { [name]: 0 },
          [name]: name,
          other: [{ [name]: { [name]: name } }],
          vision_config: { ...tower, [name]: name },
        },
        { sha256: { [name]: "0".repeat(64) } },
      ),
    admits: all,
  },
  "id of a label": { document: (name) => classifier({ id2label: { [name]: "a" } }), admits: none },
  "number of channels": {
    document: (name) => classifier({ vision_config: { ...tower, num_channels: name } }),
    admits: none,
  },
  "activation of a config": {
    document: (name) => classifier({ vision_config: { ...tower, hidden_act: name } }),
    admits: none,
  },
  "architecture of a spec": {
    document: (architecture) => ({ spec: spec({ architecture }) }),
    admits: none,
  },
  "file of a spec's config": {
    document: (name) => ({ spec: spec({ config: name }) }),
    admits: none,
  },
  "class of a config": {
    document: (name) => ({ spec: JSON.stringify({ architectures: [name], ...config }) }),
    admits: none,
  },
  "type of a config": {
    document: (name) => ({ spec: JSON.stringify({ model_type: name, ...config }) }),
    admits: none,
  },
  "output of a spec": { document: (name) => classifier({}, { outputs: [name] }), admits: none },
  "storage of a spec": { document: (name) => classifier({}, { storage: name }), admits: none },
  "target of a spec": { document: (name) => classifier({}, { targets: [name] }), admits: none },
  "key of a spec": { document: (name) => classifier({}, { [name]: 1 }), admits: none },
};

/** Sets of targets that differ in what their module imports. */
export const targetSets: readonly ModelSpec["targets"][] = [
  ["cpu"],
  ["webgpu"],
  ["cuda"],
  ["cpu", "webgpu", "cuda"],
];
