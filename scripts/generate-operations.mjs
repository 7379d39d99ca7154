// Writes what the tables of the compiler declare: of its ops spec/schema/operations.schema.json, by
// which documents are checked, and docs/operations.md; of its activations what a config's
// hidden_act may be; of its backends what a spec's targets may be, what runtimes know of them, and
// what the command line loads. With --check, fails if a file would change.
import { readFileSync, writeFileSync } from "node:fs";
import { activations, backends, describeAttribute, ops } from "@sigil/compiler/internal";

const root = new URL("../", import.meta.url);
const files = {
  "spec/schema/operations.schema.json": schema(),
  "docs/operations.md": page(),
  "spec/schema/sigil.schema.json": withTargets(read("spec/schema/sigil.schema.json")),
  "spec/src/generated/backends.ts": facts(),
  "cli/src/generated/backends.ts": commands(),
  ...Object.fromEntries(
    ["siglip-text", "siglip-vision", "siglip2-vision"]
      .map((tower) => `spec/schema/${tower}.schema.json`)
      .map((path) => [path, withActivations(read(path))]),
  ),
};
for (const [path, text] of Object.entries(files)) {
  const file = new URL(path, root);
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (read(path) !== text) {
    console.error(`${path} is stale: run node scripts/generate-operations.mjs`);
    process.exitCode = 1;
  }
}

function read(path) {
  return readFileSync(new URL(path, root), "utf8");
}

function schema() {
  return `${JSON.stringify(
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "operations.schema.json",
      title: "Operations",
      description:
        "What a step may state of each op. Generated from compiler/src/ops by " +
        "scripts/generate-operations.mjs.",
      properties: { op: { enum: Object.keys(ops) } },
      allOf: Object.entries(ops).map(([name, op]) => ({
        if: { properties: { op: { const: name } }, required: ["op"] },
        // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
        then: stepSchema(op),
      })),
    },
    undefined,
    2,
  )}\n`;
}

/** A config's schema with every activation; prelu has a weight and is an op of its own. */
function withActivations(text) {
  const names = [...Object.keys(activations), "prelu"].sort();
  const list = names.map((name) => `        "${name}"`).join(",\n");
  return text.replace(/("hidden_act": \{[^}]*?"enum": \[\n)[^\]]*?(\n {6}\])/, `$1${list}$2`);
}

/** The spec's schema with every target. */
function withTargets(text) {
  const names = Object.keys(backends)
    .map((name) => JSON.stringify(name))
    .join(", ");
  return text.replace(/("targets": \{[^}]*?"enum": )\[[^\]]*\]/, `$1[${names}]`);
}

/** What a runtime knows of the backends that it chooses among. */
function facts() {
  const entries = Object.entries(backends).map(([name, { title, node, error }]) =>
    [
      `  ${name}: {`,
      `    title: ${JSON.stringify(title)},`,
      ...(node ? ["    node: true,"] : []),
      ...(error
        ? [
            "    error: {",
            `      name: ${JSON.stringify(error.name)},`,
            `      unsuitable: ${JSON.stringify(error.unsuitable)},`,
            "    },",
          ]
        : []),
      "  },",
    ].join("\n"),
  );
  const names = Object.keys(backends)
    .map((name) => JSON.stringify(name))
    .join(" | ");
  return [
    "// Generated from compiler/src/backends by scripts/generate-operations.mjs.",
    "",
    "/** What a module can be compiled for. */",
    `export type Target = ${names};`,
    "",
    "export interface BackendFacts {",
    "  readonly title: string;",
    "  /** Only Node has it. */",
    "  readonly node?: true;",
    "  /** Its runtime's error, and the codes which say that it cannot run the model here. */",
    "  readonly error?: { readonly name: string; readonly unsuitable: readonly string[] };",
    "}",
    "",
    "/** The last that can run is taken. */",
    "export const backends: Readonly<Record<Target, BackendFacts>> = {",
    ...entries,
    "};",
    "",
  ].join("\n");
}

/** What the command line has of each backend: a folder of cli/src/backends. */
function commands() {
  const names = Object.keys(backends);
  return [
    "// Generated from compiler/src/backends by scripts/generate-operations.mjs.",
    ...names.map((name) => `import { ${name} } from "../backends/${name}/index.ts";`),
    "",
    `export const backends = { ${names.join(", ")} };`,
    "",
  ].join("\n");
}

function stepSchema(op) {
  const roles = [...op.weights, ...(op.optionalWeights ?? [])];
  const attributes = Object.entries(op.attributes ?? {});
  const stated = attributes.filter(([, { default: value }]) => value === undefined);
  return {
    description: op.summary,
    properties: {
      inputs: { minItems: op.inputs, maxItems: op.inputs + (op.optionalInputs ?? 0) },
      weights: {
        properties: Object.fromEntries(roles.map((role) => [role, {}])),
        required: op.weights,
        additionalProperties: false,
      },
      attributes: {
        properties: Object.fromEntries(
          attributes.map(([key, attribute]) => [key, attributeSchema(attribute)]),
        ),
        required: stated.map(([key]) => key),
        additionalProperties: false,
      },
    },
    required: [
      ...(op.inputs > 0 ? ["inputs"] : []),
      ...(op.weights.length > 0 ? ["weights"] : []),
      ...(stated.length > 0 ? ["attributes"] : []),
    ],
  };
}

/** A value of the attribute's type, or `$` and the name of a config field or a dimension. */
function attributeSchema({ type, description, default: value, minimum, above, values }) {
  const range = {
    ...(minimum !== undefined && { minimum }),
    ...(above !== undefined && { exclusiveMinimum: above }),
  };
  return {
    description,
    type: {
      integer: ["integer", "string"],
      number: ["number", "string"],
      numbers: ["number", "array", "string"],
      boolean: ["boolean", "string"],
      string: "string",
    }[type],
    ...range,
    ...(type === "numbers" && { minItems: 1, items: { type: "number", ...range } }),
    ...(values
      ? // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
        { if: { pattern: "^\\$." }, then: {}, else: { enum: values } }
      : { pattern: "^\\$." }),
    ...(value !== undefined && { default: value }),
  };
}

/** A paragraph in lines of at most 100 columns. */
function wrap(paragraph) {
  const lines = [""];
  for (const word of paragraph.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length <= 100) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join("\n");
}

function page() {
  const sections = Object.entries(ops).map(([name, op]) => {
    const optional = op.optionalInputs ?? 0;
    const inputs = optional > 0 ? `${op.inputs} or ${op.inputs + optional}` : String(op.inputs);
    const weights = [
      ...op.weights.map((role) => `\`${role}\``),
      ...(op.optionalWeights ?? []).map((role) => `\`${role}\` (optional)`),
    ];
    const facts = [
      `Inputs: ${inputs}${op.reads ? `, of ${op.reads}` : ""}.`,
      ...(weights.length > 0 ? [`Weights: ${weights.join(", ")}.`] : []),
    ];
    const attributes = Object.entries(op.attributes ?? {});
    return [
      `## ${name}`,
      wrap(op.summary),
      wrap(facts.join(" ")),
      ...(attributes.length > 0
        ? [
            [
              "| attribute | value | default | |",
              "| --- | --- | --- | --- |",
              ...attributes.map(
                ([key, attribute]) =>
                  `| \`${key}\` | ${describeAttribute(attribute)} | ` +
                  `${attribute.default ?? "none: it must be stated"} | ` +
                  `${attribute.description} |`,
              ),
            ].join("\n"),
          ]
        : []),
    ].join("\n\n");
  });
  const about =
    "What a step of an [architecture document](architectures.md) may do. An attribute's value " +
    "may also be `$` and the name of a config field or a dimension. This page comes from " +
    "`compiler/src/ops` by `scripts/generate-operations.mjs`.";
  return `# Operations\n\n${[wrap(about), ...sections].join("\n\n")}\n`;
}
