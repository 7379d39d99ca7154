/**
 * Writes the typed TypeScript module of a plan: literal shapes, and only the outputs that were
 * compiled.
 */
import type { Extent, ModelSpec, Plan, PlanKind, PlannedProgram, PlannedTensor } from "@sigil/spec";
import { writeLoad } from "./write-load.ts";
import {
  IndentationText,
  Project,
  QuoteKind,
  type PropertySignatureStructure,
  type OptionalKind,
  type SourceFile,
} from "ts-morph";

const pascal = (name: string): string =>
  name
    .replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, _separator: string, letter: string) =>
      letter.toUpperCase(),
    )
    .replace(/^(?=\d)/, "Model");
const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const axis = (extent: Extent): string => (typeof extent === "number" ? String(extent) : "number");
const tensorType = (tensor: PlannedTensor): string =>
  `${tensor.dtype === "uint8" ? "ByteTensor" : "Tensor"}<readonly [${tensor.shape.map(axis).join(", ")}]>`;
const described = (tensor: PlannedTensor): string =>
  `[${tensor.shape.map((extent) => (typeof extent === "number" ? extent : extent.symbols.join(" * "))).join(", ")}]`;

/**
 * The runtime class of each kind, and the program input that each of its outputs types come from.
 */
const classes: Readonly<Record<PlanKind, string>> = {
  siglip: "SiglipModel",
  "siglip-text": "SiglipTextModel",
  "siglip-vision": "SiglipVisionModel",
  "siglip-image-classification": "SiglipForImageClassification",
  graph: "GraphModel",
};

export function writeBindings(plan: Plan, targets: ModelSpec["targets"] = ["cpu"]): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    manipulationSettings: {
      indentationText: IndentationText.TwoSpaces,
      quoteKind: QuoteKind.Double,
    },
  });
  const file = project.createSourceFile("index.ts");
  const name = pascal(plan.name);
  const base = classes[plan.kind];
  const labels =
    plan.kind === "siglip-image-classification"
      ? Object.values(plan.config.id2label as Record<string, string>)
      : undefined;
  const bytes = plan.programs.some(({ inputs }) => inputs.some(({ dtype }) => dtype === "uint8"));
  const load = writeLoad(file, name, base, targets, bytes ? ["ByteTensor"] : []);

  const programOf = (input: string): PlannedProgram =>
    plan.programs.find((program) => program.inputs.some((tensor) => tensor.name === input))!;
  const inputOf = (input: string): PlannedTensor =>
    programOf(input).inputs.find((tensor) => tensor.name === input)!;
  const has = (input: string): boolean =>
    plan.programs.some((program) => program.inputs.some((tensor) => tensor.name === input));
  const anySize = has("patches");
  const channels = (plan.config.vision_config as { readonly num_channels: number } | undefined)
    ?.num_channels;
  const pixelsType = (): string =>
    anySize
      ? `Tensor<readonly [number, ${channels}, number, number]>`
      : tensorType(inputOf("pixel_values"));
  const vision = (): string =>
    `{ pixelValues: ${pixelsType()}; output: ${addOutputs(file, `${name}VisionOutput`, `the vision tower of ${plan.name}`, freeSizes(programOf(anySize ? "patches" : "pixel_values")))} }`;
  const text = (): string =>
    `{ output: ${addOutputs(file, `${name}TextOutput`, `the text tower of ${plan.name}`, programOf("input_ids"))} }`;
  const types: Readonly<Record<PlanKind, () => string>> = {
    siglip: () =>
      `{ vision: ${vision()}; text: ${text()}; features: ${tensorType(programOf("input_ids").outputs.find((tensor) => tensor.name === "pooler_output") ?? inputOf("input_ids"))} }`,
    "siglip-vision": vision,
    "siglip-image-classification": vision,
    "siglip-text": text,
    graph: () => {
      const [program] = plan.programs as [PlannedProgram];
      const inputs = program.inputs.map(
        (tensor) =>
          `${JSON.stringify(tensor.name)}${tensor.default ? "?" : ""}: ${inputType(tensor)}`,
      );
      return `{ inputs: { ${inputs.join("; ")} }; output: ${addOutputs(file, `${name}Output`, plan.name, program, (key) => key)} }`;
    },
  };
  const argument = types[plan.kind]();
  if (labels)
    file.addTypeAlias({
      name: `${name}Label`,
      isExported: true,
      docs: ["The labels of the classifier, in the order of its logits."],
      type: labels.map((label) => JSON.stringify(label)).join(" | "),
    });
  file.addTypeAlias({
    name: `${name}Types`,
    isExported: true,
    docs: [`Inputs and outputs of ${plan.name}; \`number\` is the batch.`],
    type: argument,
  });
  const ids = has("input_ids") ? inputOf("input_ids") : undefined;
  const pixels = has("pixel_values") ? inputOf("pixel_values") : undefined;
  file.addClass({
    name,
    isExported: true,
    docs: [
      `${plan.name}: ${plan.architecture}, weights stored as ${plan.storage}. Sizes are checked by TypeScript where it sees them, and by every call.`,
    ],
    extends: `${base}<${name}Types${labels ? `, ${name}Label` : ""}>`,
    properties: [
      ...(pixels
        ? [
            {
              name: "imageSize",
              isStatic: true,
              isReadonly: true,
              docs: ["Pixels that the image processor must resize to."],
              initializer: `{ height: ${axis(pixels.shape[pixels.dtype === "uint8" ? 1 : 2]!)}, width: ${axis(pixels.shape[pixels.dtype === "uint8" ? 2 : 3]!)} } as const`,
            },
          ]
        : []),
      ...(ids
        ? [
            {
              name: "textLength",
              isStatic: true,
              isReadonly: true,
              docs: ["Tokens that texts must be padded and truncated to."],
              initializer: `${axis(ids.shape[1]!)} as const`,
            },
          ]
        : []),
    ],
    methods: [
      {
        name: "load",
        isStatic: true,
        isAsync: true,
        docs: [load.doc],
        parameters: [
          { name: "weights", type: "WeightSource" },
          { name: "options", type: load.options, initializer: "{}" },
        ],
        returnType: `Promise<${name}>`,
        statements: `return new ${name}(await ${load.open});`,
      },
    ],
  });
  file.formatText({ indentSize: 2 });
  return `// Generated by sigil from the spec ${plan.name}. Do not edit: change the spec and compile again.\n\n${file.getFullText()}`;
}

/**
 * A program that takes pictures of any size, its outputs typed so: how many patches they have is
 * known to a run alone.
 */
function freeSizes(program: PlannedProgram): PlannedProgram {
  if (!program.inputs.some(({ name }) => name === "patches")) return program;
  const free: Extent = { factor: 1, symbols: ["patches"] };
  const axes = (name: string): readonly number[] =>
    name.startsWith("attentions.")
      ? [2, 3]
      : /^(last_hidden_state|hidden_states\..*)$/.test(name)
        ? [1]
        : [];
  return {
    ...program,
    outputs: program.outputs.map((tensor) => ({
      ...tensor,
      shape: tensor.shape.map((extent, k) => (axes(tensor.name).includes(k) ? free : extent)),
    })),
  };
}

const inputType = (tensor: PlannedTensor): string =>
  tensor.dtype !== "int32"
    ? tensorType(tensor)
    : `{ readonly data: Int32Array; readonly shape: readonly [${tensor.shape.map(axis).join(", ")}] }`;

/**
 * Adds the interface of a program's outputs; those by layer (`hidden_states.0`, ...) become one
 * property.
 */
function addOutputs(
  file: SourceFile,
  name: string,
  of: string,
  program: PlannedProgram,
  rename: (output: string) => string = camel,
): string {
  const properties: OptionalKind<PropertySignatureStructure>[] = [];
  const layers = new Map<string, { index: number; tensor: PlannedTensor }[]>();
  for (const tensor of program.outputs) {
    const [, stem, index] = /^(.*)\.(\d+)$/.exec(tensor.name) ?? [];
    if (stem === undefined)
      properties.push({
        name: rename(tensor.name),
        isReadonly: true,
        type: tensorType(tensor),
        docs: [`\`${tensor.name}\`: ${described(tensor)}.`],
      });
    else layers.set(stem, [...(layers.get(stem) ?? []), { index: Number(index), tensor }]);
  }
  for (const [stem, members] of layers) {
    const whole = members.every(({ index }, i) => index === i);
    const type = whole
      ? `readonly [${members.map(({ tensor }) => tensorType(tensor)).join(", ")}]`
      : `{ ${members.map(({ index, tensor }) => `readonly ${index}: ${tensorType(tensor)}`).join("; ")} }`;
    properties.push({
      name: rename(stem),
      isReadonly: true,
      type,
      docs: [`\`${stem}\`: ${described(members[0]!.tensor)} each.`],
    });
  }
  file.addInterface({ name, isExported: true, docs: [`What ${of} returns, float32.`], properties });
  return name;
}
