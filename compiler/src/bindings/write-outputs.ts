/** The interface of what a program returns. */
import type { Extent, PlannedProgram, PlannedTensor } from "@sigil/spec";
import type { OptionalKind, PropertySignatureStructure, SourceFile } from "ts-morph";
import { docText } from "../text/comment.ts";
import { propertyName } from "../text/literal.ts";
import { describeShape, tensorType } from "./tensor-types.ts";

type Property = OptionalKind<PropertySignatureStructure>;

const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const property = (name: string, type: string, doc: string): Property => ({
  name: propertyName(name),
  isReadonly: true,
  type,
  docs: [docText(doc)],
});
const single = (tensor: PlannedTensor, name: string): Property =>
  property(name, tensorType(tensor), `\`${tensor.name}\`: ${describeShape(tensor)}.`);

/** Outputs under the names of the plan, as `GraphModel` returns them. */
export const plainOutputs = ({ outputs }: PlannedProgram): Property[] =>
  outputs.map((tensor) => single(tensor, tensor.name));

/**
 * Outputs as the models of towers return them: in camelCase, those by layer (`hidden_states.0`,
 * ...) as one property.
 */
export function nestedOutputs({ outputs }: PlannedProgram): Property[] {
  const properties: Property[] = [];
  const layers = new Map<string, { index: number; tensor: PlannedTensor }[]>();
  for (const tensor of outputs) {
    const [, stem, index] = /^(.*)\.(\d+)$/.exec(tensor.name) ?? [];
    if (stem === undefined) properties.push(single(tensor, camel(tensor.name)));
    else layers.set(stem, [...(layers.get(stem) ?? []), { index: Number(index), tensor }]);
  }
  for (const [stem, members] of layers) {
    const whole = members.every(({ index }, i) => index === i);
    const type = whole
      ? `readonly [${members.map(({ tensor }) => tensorType(tensor)).join(", ")}]`
      : "{ " +
        members.map(({ index, tensor }) => `readonly ${index}: ${tensorType(tensor)}`).join("; ") +
        " " +
        "}";
    const doc = `\`${stem}\`: ${describeShape(members[0]!.tensor)} each.`;
    properties.push(property(camel(stem), type, doc));
  }
  return properties;
}

/** Adds the interface and returns its name. */
export function writeOutputs(
  file: SourceFile,
  name: string,
  of: string,
  properties: readonly Property[],
): string {
  file.addInterface({
    name,
    isExported: true,
    docs: [docText(`What ${of} returns, float32.`)],
    properties: [...properties],
  });
  return name;
}

/**
 * A program that takes pictures of any size, its outputs typed so: how many patches they have is
 * known to a run alone.
 */
export function freeSizes(program: PlannedProgram): PlannedProgram {
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
