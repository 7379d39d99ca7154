/**
 * Expands an architecture document and a config into a Graph: blocks inlined, repeats unrolled,
 * dimensions evaluated, shapes inferred.
 */
import type { ArchitectureWeight, Block, CompleteGraph, Extent, OpStep, Step } from "@sigil/spec";
import { entryOf, nearestName } from "@sigil/spec";
import { multiply, showShape, type Shape } from "../ir/extent.ts";
import type { Graph, Node, Value, WeightReference } from "../ir/graph.ts";
import { ops } from "../ops/index.ts";
import { AttributeError, readAttributes, type Attributes } from "../ops/attribute.ts";
import { ShapeError, type Op } from "../ops/op.ts";
import { eliminateDeadCode } from "../passes/eliminate-dead-code.ts";
import { ArchitectureError } from "./architecture-error.ts";
import { evaluateDimension, ExpressionError } from "./expression.ts";

/**
 * A size, and the elements of a value or a weight: offsets in bytes then fit what kernels count in.
 */
const mostElements = 2 ** 31 - 1;
/** Steps of a graph with its blocks unrolled: 256 layers have fewer, and take a second. */
const mostSteps = 5_000;
/** Blocks in blocks, and dimensions of dimensions. */
const deepestNesting = 64;

export interface ExpandOptions {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly maximum: Readonly<Record<"image" | "text", number>>;
  /** Outputs wanted; all that the document has when absent. */
  readonly outputs?: readonly string[];
  /** Lists of outputs wanted besides (`hidden_states`): all of their members, or these. */
  readonly collections?: Readonly<Record<string, boolean | readonly number[]>>;
}

interface Scope {
  /** A value that is switched off is null. */
  readonly values: Map<string, Value | null>;
  readonly path: string;
  readonly pointer: string;
  readonly open: readonly string[];
}

/**
 * Whether a `when` holds: `field` is true, or `field=value` is so; `!` before it turns it round.
 */
export function isOn(when: string | undefined, field: (name: string) => unknown): boolean {
  if (when === undefined) return true;
  const positive = when.replace(/^!/, "");
  const [name = "", ...rest] = positive.split("=");
  const found = field(name);
  const holds = rest.length === 0 ? Boolean(found) : String(found) === rest.join("=");
  return holds === (positive === when);
}

const shown = (text: string | number): string =>
  typeof text === "number" ? String(text) : `"${text}"`;
const nearestOp = (name: string): string => {
  const nearest = nearestName(name, Object.keys(ops));
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
};

const join = (path: string, name: string): string =>
  name.startsWith("/") ? name.slice(1) : path === "" ? name : `${path}.${name}`;

export function expand(
  document: CompleteGraph,
  { fields, maximum, outputs, collections = {} }: ExpandOptions,
): Graph {
  const nodes: Node[] = [];
  let values = 0;
  const newValue = (shape: Shape, dtype: Value["dtype"] = "float32"): Value => ({
    id: values++,
    shape,
    dtype,
  });
  const fail = (pointer: string, message: string): never => {
    throw new ArchitectureError(document.name, pointer, message);
  };
  const collected = new Map<string, { name: string; value: Value }[]>(
    Object.keys(collections).map((list) => [list, []]),
  );
  const collect = (list: string | undefined, value: Value): void => {
    const wanted = list === undefined ? false : (collections[list] ?? false);
    if (list === undefined || wanted === false) return;
    const index = counts.get(list) ?? 0;
    counts.set(list, index + 1);
    if (wanted === true || wanted.includes(index))
      entryOf(collected, list, "collection").push({ name: `${list}.${index}`, value });
  };
  const counts = new Map<string, number>();
  const resolving = new Set<string>();
  const resolved = new Map<string, Extent>();
  const lookup = (name: string): Extent | undefined => {
    if (Object.hasOwn(document.symbols, name)) return { factor: 1, symbols: [name] };
    const known = resolved.get(name);
    if (known !== undefined) return known;
    const { dimensions = {} } = document;
    if (Object.hasOwn(dimensions, name)) {
      if (resolving.has(name))
        throw new ExpressionError(`dimension "${name}" is defined in terms of itself`);
      if (resolving.size === deepestNesting)
        throw new ExpressionError(
          `dimensions refer to each other more than ${deepestNesting} levels deep`,
        );
      resolving.add(name);
      const value = evaluateDimension(dimensions[name]!, lookup);
      resolving.delete(name);
      resolved.set(name, value);
      return value;
    }
    return Object.hasOwn(fields, name) && typeof fields[name] === "number"
      ? fields[name]
      : undefined;
  };
  const extent = (text: string | number, pointer: string): Extent => {
    try {
      const value = evaluateDimension(text, lookup);
      const factor = typeof value === "number" ? value : value.factor;
      return Number.isSafeInteger(factor)
        ? value
        : fail(pointer, `${shown(text)} is ${factor}, but sizes are integers`);
    } catch (error) {
      if (error instanceof ExpressionError) return fail(pointer, error.message);
      throw error;
    }
  };
  const size = (text: string | number, pointer: string): Extent => {
    const value = extent(text, pointer);
    const factor = typeof value === "number" ? value : value.factor;
    return factor >= 1 && factor <= mostElements
      ? value
      : fail(pointer, `${shown(text)} is ${factor}, but sizes go from 1 to ${mostElements}`);
  };
  const number = (text: string | number, pointer: string): number => {
    const value = extent(text, pointer);
    return typeof value === "number"
      ? value
      : fail(pointer, `${shown(text)} must be known when compiling`);
  };
  /** The largest batches are counted in. */
  const checkElements = (shape: Shape, pointer: string): void => {
    const count = shape
      .flatMap((axis) => (typeof axis === "number" ? axis : [axis.factor, ...axis.symbols]))
      .reduce<number>(
        (product, part) =>
          product * (typeof part === "number" ? part : maximum[document.symbols[part]!]),
        1,
      );
    if (count > mostElements)
      fail(
        pointer,
        `${showShape(shape)} has more than ${mostElements} elements in a run of the largest ` +
          "batches",
      );
  };
  const field = (name: string, pointer: string): unknown =>
    Object.hasOwn(fields, name)
      ? fields[name]
      : Object.hasOwn(document.dimensions ?? {}, name)
        ? number(name, pointer)
        : fail(pointer, `the config has no field "${name}"`);
  const findOptional = (scope: Scope, name: string, pointer: string): Value | null => {
    const value = scope.values.get(name);
    return value === undefined
      ? fail(
          pointer,
          `no value "${name}" before this step; known are ${[...scope.values.keys()].join(", ")}`,
        )
      : value;
  };
  const find = (scope: Scope, name: string, pointer: string): Value =>
    findOptional(scope, name, pointer) ?? fail(pointer, `"${name}" is switched off`);

  const weightOf = (weight: ArchitectureWeight, path: string, pointer: string): WeightReference => {
    const shape = weight.shape.map((axis, i) => {
      const value = size(axis, `${pointer}/shape/${i}`);
      return typeof value === "number"
        ? value
        : fail(`${pointer}/shape/${i}`, `${shown(axis)} must be known when compiling`);
    });
    checkElements(shape, `${pointer}/shape`);
    // A scalar is one row of one element.
    const [all = 1] = shape;
    const { rows } = weight;
    const begin = rows ? number(rows[0], `${pointer}/rows/0`) : 0;
    const end = rows ? number(rows[1], `${pointer}/rows/1`) : all;
    if (!(begin >= 0 && begin < end && end <= all))
      fail(pointer, `rows ${begin} to ${end} are not within ${shape[0] ?? "a scalar"}`);
    return { tensor: join(path, weight.name), shape, begin, end };
  };

  const attributesOf = (step: OpStep, op: Op, pointer: string): Attributes => {
    const given = Object.entries(step.attributes ?? {}).map(([key, value]) => [
      key,
      typeof value === "string" && value.startsWith("$")
        ? field(value.slice(1), `${pointer}/attributes/${key}`)
        : value,
    ]);
    try {
      return readAttributes(step.op, op.attributes ?? {}, Object.fromEntries(given));
    } catch (error) {
      if (!(error instanceof AttributeError)) throw error;
      const at = error.key === undefined ? "" : `/${error.key}`;
      return fail(`${pointer}/attributes${at}`, error.message);
    }
  };

  const runOp = (step: OpStep, scope: Scope, pointer: string): Value => {
    const op = Object.hasOwn(ops, step.op)
      ? ops[step.op]!
      : fail(
          `${pointer}/op`,
          `unknown op "${step.op}"${nearestOp(step.op)}; known are ${Object.keys(ops).join(", ")}`,
        );
    const inputs = (step.inputs ?? []).flatMap(
      (name, i) =>
        (i < op.inputs ? find : findOptional)(scope, name, `${pointer}/inputs/${i}`) ?? [],
    );
    const most = op.inputs + (op.optionalInputs ?? 0);
    if (inputs.length < op.inputs || inputs.length > most)
      fail(
        `${pointer}/inputs`,
        `${step.op} takes ${op.inputs}${most > op.inputs ? ` to ${most}` : ""} inputs, ` +
          `received ${inputs.length}`,
      );
    const allowed = [...op.weights, ...(op.optionalWeights ?? [])];
    for (const role of op.weights)
      if (!Object.hasOwn(step.weights ?? {}, role))
        fail(`${pointer}/weights`, `${step.op} needs a weight "${role}"`);
    for (const role of Object.keys(step.weights ?? {}))
      if (!allowed.includes(role))
        fail(`${pointer}/weights/${role}`, `${step.op} has no weight "${role}"`);
    const weights = Object.fromEntries(
      Object.entries(step.weights ?? {}).map(([role, weight]) => [
        role,
        weightOf(weight, scope.path, `${pointer}/weights/${role}`),
      ]),
    );
    const attributes = attributesOf(step, op, pointer);
    const weightShapes = Object.fromEntries(
      Object.entries(weights).map(([role, w]) => [role, [w.end - w.begin, ...w.shape.slice(1)]]),
    );
    try {
      const output = newValue(
        op.infer(
          inputs.map((value) => value.shape),
          weightShapes,
          attributes,
        ),
      );
      const path = join(
        scope.path,
        Object.values(weights)[0]
          ?.tensor.slice(scope.path === "" ? 0 : scope.path.length + 1)
          .replace(/\.?[^.]*$/, "") ?? step.name,
      );
      nodes.push({
        op: step.op,
        inputs,
        weights,
        attributes,
        output,
        origin: {
          document: document.name,
          pointer,
          path: Object.values(weights)[0]?.tensor.replace(/\.[^.]*$/, "") ?? path,
        },
      });
      return output;
    } catch (error) {
      if (error instanceof ShapeError) return fail(pointer, error.message);
      throw error;
    }
  };

  let steps = 0;
  const runStep = (step: Step, scope: Scope, pointer: string): void => {
    if (++steps > mostSteps)
      fail(pointer, `the graph has more than ${mostSteps} steps with its blocks unrolled`);
    if (!isOn(step.when, (name) => field(name, `${pointer}/when`))) {
      if (!scope.values.has(step.name)) scope.values.set(step.name, null);
      return;
    }
    if (scope.values.get(step.name)) fail(`${pointer}/name`, `"${step.name}" is defined twice`);
    if (!("block" in step)) {
      const value = runOp(step, scope, pointer);
      scope.values.set(step.name, value);
      collect(step.collect, value);
      return;
    }
    const { blocks = {} } = document;
    const block: Block = Object.hasOwn(blocks, step.block)
      ? blocks[step.block]!
      : fail(`${pointer}/block`, `no block "${step.block}"`);
    if (scope.open.length === deepestNesting)
      fail(`${pointer}/block`, `blocks are nested more than ${deepestNesting} levels deep`);
    if (scope.open.includes(step.block))
      fail(`${pointer}/block`, `block "${step.block}" contains itself`);
    if (step.inputs.length !== block.inputs.length)
      fail(
        `${pointer}/inputs`,
        `block "${step.block}" takes ${block.inputs.length} inputs, received ${step.inputs.length}`,
      );
    let args = step.inputs.map((name, i) => findOptional(scope, name, `${pointer}/inputs/${i}`));
    const first = args[0] ?? fail(`${pointer}/inputs/0`, `"${step.inputs[0]}" is switched off`);
    const { repeat = 1 } = step;
    const count = number(repeat, `${pointer}/repeat`);
    // Checked ahead, since a block of nothing but steps that are off is repeated too.
    if (count < 0 || steps + count * block.steps.length > mostSteps)
      fail(
        `${pointer}/repeat`,
        count < 0
          ? `${shown(repeat)} is ${count}, but a block cannot be repeated a negative ` +
              "number of times"
          : `the graph has more than ${mostSteps} steps with its blocks unrolled`,
      );
    collect(step.collect, first);
    let result = first;
    for (let i = 0; i < count; i++) {
      const inner: Scope = {
        values: new Map(block.inputs.map((name, k) => [name, args[k]!])),
        path: join(scope.path, (step.path ?? "").replaceAll("{i}", String(i))).replace(/\.$/, ""),
        pointer: `/blocks/${step.block}`,
        open: [...scope.open, step.block],
      };
      block.steps.forEach((child, k) => runStep(child, inner, `/blocks/${step.block}/steps/${k}`));
      result = find(inner, block.output, `/blocks/${step.block}/output`);
      args = [result, ...args.slice(1)];
      collect(step.collect, result);
    }
    scope.values.set(step.name, result);
  };

  const root: Scope = { values: new Map(), path: document.path ?? "", pointer: "", open: [] };
  const inputs = Object.entries(document.inputs).flatMap(([name, input]) => {
    if (!isOn(input.when, (key) => field(key, `/inputs/${name}/when`))) {
      root.values.set(name, null);
      return [];
    }
    const value = newValue(
      input.shape.map((axis, i) => size(axis, `/inputs/${name}/shape/${i}`)),
      input.dtype,
    );
    checkElements(value.shape, `/inputs/${name}/shape`);
    root.values.set(name, value);
    return [
      {
        name,
        value,
        ...(input.default && { default: input.default }),
        ...(input.table && { table: weightOf(input.table, root.path, `/inputs/${name}/table`) }),
      },
    ];
  });
  document.steps.forEach((step, i) => runStep(step, root, `/steps/${i}`));
  const results = Object.entries(document.outputs)
    .filter(
      ([name, value]) => root.values.get(value) !== null && (!outputs || outputs.includes(name)),
    )
    .map(([name, value]) => ({ name, value: find(root, value, `/outputs/${name}`) }));
  const symbols = Object.fromEntries(
    Object.entries(document.symbols).map(([name, kind]) => [name, maximum[kind]]),
  );
  const graph = {
    name: document.name,
    symbols,
    inputs: inputs.map((i) => ({
      ...i,
      value: { ...i.value, shape: i.value.shape.map((e) => multiply(e)) },
    })),
    nodes,
    outputs: [...results, ...[...collected.values()].flat()],
  };
  // What no output needs takes no memory: attention's probabilities are the largest values there
  // are.
  for (const { output, origin } of eliminateDeadCode(graph).nodes)
    checkElements(output.shape, origin.pointer);
  return graph;
}
