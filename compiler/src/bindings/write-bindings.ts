/**
 * Writes the typed TypeScript module of a plan: literal shapes, and only the outputs that were
 * compiled. Names of a plan come from strangers: they are properties, texts and comments by the
 * functions of text/, and nothing that is imported has a name that the class could have.
 */
import type { ModelSpec, Plan, PlanKind, PlannedProgram, PlannedTensor } from "@sigil/spec";
import {
  IndentationText,
  Project,
  QuoteKind,
  Writers,
  type ClassDeclarationStructure,
  type OptionalKind,
  type PropertySignatureStructure,
  type SourceFile,
} from "ts-morph";
import { storageNames } from "../artifact/storage-names.ts";
import { docText } from "../text/comment.ts";
import { literal, propertyName } from "../text/literal.ts";
import { className } from "./class-name.ts";
import { axisType, inputType, tensorType } from "./tensor-types.ts";
import { writeLoad } from "./write-load.ts";
import { freeSizes, nestedOutputs, plainOutputs, writeOutputs } from "./write-outputs.ts";

/** The runtime class of each kind. */
const classes: Readonly<Record<PlanKind, string>> = {
  siglip: "SiglipModel",
  "siglip-text": "SiglipTextModel",
  "siglip-vision": "SiglipVisionModel",
  "siglip-image-classification": "SiglipForImageClassification",
  siglip2: "Siglip2Model",
  "siglip2-vision": "Siglip2VisionModel",
  "siglip2-image-classification": "Siglip2ForImageClassification",
  graph: "GraphModel",
};

type Properties = OptionalKind<PropertySignatureStructure>[];

/**
 * Writes the TypeScript of a plan's class. `extension` is that of the imports of the files that
 * targets load.
 */
export function writeBindings(
  plan: Plan,
  targets: ModelSpec["targets"] = ["cpu"],
  extension = ".js",
): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    manipulationSettings: {
      indentationText: IndentationText.TwoSpaces,
      quoteKind: QuoteKind.Double,
    },
  });
  const file = project.createSourceFile("index.ts");
  const name = className(plan.name);
  const load = writeLoad(file, name, targets, extension);
  const types = writeTypes(file, name, plan);
  const labels = labelsOf(plan);
  if (labels)
    file.addTypeAlias({
      name: `${name}Label`,
      isExported: true,
      docs: ["The labels of the classifier, in the order of its logits."],
      type: labels.map(literal).join(" | "),
    });
  file.addTypeAlias({
    name: `${name}Types`,
    isExported: true,
    docs: [docText(`Inputs and outputs of ${plan.name}; \`number\` is the batch.`)],
    type: Writers.objectType({ properties: types }),
  });
  const pictures = picturesPath(plan);
  if (pictures || inputOf(plan, "input_ids"))
    file.addTypeAlias({
      name: `${name}Processor`,
      isExported: true,
      docs: [
        docText(
          `Turns pictures and texts into what ${plan.name} takes: ` +
            `\`new ModelProcessor(${name}, checkpoint)\`.`,
        ),
      ],
      type: `sigil.ModelProcessor${pictures ? `<${name}Types${pictures}>` : ""}`,
    });
  file.addClass({
    name,
    isExported: true,
    docs: [
      docText(
        `${plan.name}: ${plan.architecture}, weights stored as ${storageNames(plan)}. Sizes ` +
          "are checked by TypeScript where it sees them, and by every call.",
      ),
    ],
    extends: `sigil.${classes[plan.kind]}<${name}Types${labels ? `, ${name}Label` : ""}>`,
    properties: sizesOf(plan, name),
    methods: [
      {
        name: "load",
        isStatic: true,
        isAsync: true,
        docs: [load.doc],
        parameters: [
          { name: "weights", type: "sigil.WeightSource" },
          { name: "options", type: load.options, initializer: "{}" },
        ],
        returnType: `Promise<${name}>`,
        statements: `return new ${name}(await ${load.open});`,
      },
    ],
  });
  file.formatText({ indentSize: 2 });
  return file.getFullText();
}

function labelsOf({ kind, config }: Plan): readonly string[] | undefined {
  if (!kind.endsWith("-image-classification")) return undefined;
  const labels = Object.values((config.id2label ?? {}) as Readonly<Record<string, unknown>>);
  return labels.length > 0 ? labels.map(String) : undefined;
}

/** An input that some program of the plan may take, with the program. */
function findInput(
  plan: Plan,
  input: string,
): { readonly program: PlannedProgram; readonly tensor: PlannedTensor } | undefined {
  for (const program of plan.programs)
    for (const tensor of program.inputs) if (tensor.name === input) return { program, tensor };
  return undefined;
}
const inputOf = (plan: Plan, input: string): PlannedTensor | undefined =>
  findInput(plan, input)?.tensor;

/** The same of the one of these inputs that the plan has, as its kind says. */
function requireInput(
  plan: Plan,
  ...inputs: readonly string[]
): NonNullable<ReturnType<typeof findInput>> {
  for (const input of inputs) {
    const found = findInput(plan, input);
    if (found) return found;
  }
  throw new Error(`internal: a plan of ${plan.kind} takes no ${inputs.join(" or ")}`);
}

/** The properties of the class's types, after the interfaces of its outputs. */
function writeTypes(file: SourceFile, name: string, plan: Plan): Properties {
  const output = (part: string, of: string, program: PlannedProgram): Properties[number] => ({
    name: "output",
    type: writeOutputs(file, `${name}${part}Output`, of, nestedOutputs(program)),
  });
  const vision = (): Properties => {
    const { program: given } = requireInput(plan, "patches", "pixel_values");
    const program = isNaflex(plan) ? given : freeSizes(given);
    return [
      { name: "inputs", type: picturesType(plan) },
      output("Vision", `the vision tower of ${plan.name}`, program),
    ];
  };
  const text = (): Properties => [
    output("Text", `the text tower of ${plan.name}`, requireInput(plan, "input_ids").program),
  ];
  switch (plan.kind) {
    case "siglip":
    case "siglip2": {
      const { program, tensor: ids } = requireInput(plan, "input_ids");
      const pooled = program.outputs.find((tensor) => tensor.name === "pooler_output");
      return [
        { name: "vision", type: Writers.objectType({ properties: vision() }) },
        { name: "text", type: Writers.objectType({ properties: text() }) },
        { name: "features", type: tensorType(pooled ?? ids) },
      ];
    }
    case "siglip-vision":
    case "siglip-image-classification":
    case "siglip2-vision":
    case "siglip2-image-classification":
      return vision();
    case "siglip-text":
      return text();
    case "graph": {
      const [program] = plan.programs as [PlannedProgram];
      const inputs = program.inputs.map((tensor) => ({
        name: propertyName(tensor.name),
        hasQuestionToken: tensor.default !== undefined,
        type: inputType(tensor),
      }));
      return [
        { name: "inputs", type: Writers.objectType({ properties: inputs }) },
        {
          name: "output",
          type: writeOutputs(file, `${name}Output`, plan.name, plainOutputs(program)),
        },
      ];
    }
  }
}

/** Where the class's types say what its vision tower takes; undefined without one. */
function picturesPath(plan: Plan): string | undefined {
  if (plan.kind === "graph" || plan.kind === "siglip-text") return undefined;
  return plan.kind === "siglip" || plan.kind === "siglip2" ? '["vision"]["inputs"]' : '["inputs"]';
}

const isNaflex = ({ kind }: Plan): boolean => kind.startsWith("siglip2");

function picturesType(plan: Plan): string {
  const { tensor } = requireInput(plan, "patches", "pixel_values");
  if (isNaflex(plan)) return `sigil.Siglip2VisionInputs<${tensorType(tensor)}>`;
  if (tensor.name === "pixel_values") return `sigil.SiglipVisionInputs<${tensorType(tensor)}>`;
  const vision = plan.config.vision_config as { readonly num_channels?: unknown } | undefined;
  return (
    `sigil.SiglipVisionInputs<sigil.Tensor<readonly [number, ${Number(vision?.num_channels)}, ` +
    "number, number]>>"
  );
}

/** What callers must resize and pad to. */
function sizesOf(plan: Plan, name: string): NonNullable<ClassDeclarationStructure["properties"]> {
  const ids = inputOf(plan, "input_ids");
  const pixels = inputOf(plan, "pixel_values");
  const [height, width] =
    pixels?.shape.slice(...(pixels.dtype === "uint8" ? [1, 3] : [2, 4])).map(axisType) ?? [];
  const fixed = { isStatic: true, isReadonly: true } as const;
  const patches = isNaflex(plan) ? inputOf(plan, "patches") : undefined;
  const pictures = picturesPath(plan);
  return [
    ...(pictures
      ? [
          {
            ...fixed,
            hasDeclareKeyword: true,
            hasQuestionToken: true,
            name: "inputs",
            docs: [
              "A type alone, for `new ModelProcessor(module, checkpoint)`: never there at " +
                "run time.",
            ],
            type: `${name}Types${pictures}`,
          },
        ]
      : []),
    ...(pixels?.dtype === "uint8"
      ? [
          {
            ...fixed,
            name: "pixels",
            docs: ["Pictures are given as bytes."],
            initializer: '"uint8" as const',
          },
        ]
      : []),
    ...(patches
      ? [
          {
            ...fixed,
            name: "maxNumPatches",
            docs: ["Patches that the image processor must fit pictures to, and pad to."],
            initializer: `${axisType(patches.shape[1]!)} as const`,
          },
        ]
      : []),
    ...(pixels
      ? [
          {
            ...fixed,
            name: "imageSize",
            docs: ["Pixels that the image processor must resize to."],
            initializer: `{ height: ${height}, width: ${width} } as const`,
          },
        ]
      : []),
    ...(ids
      ? [
          {
            ...fixed,
            name: "textLength",
            docs: ["Tokens that texts must be padded and truncated to."],
            initializer: `${axisType(ids.shape[1]!)} as const`,
          },
        ]
      : []),
  ];
}
