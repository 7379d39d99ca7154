/**
 * Fuses primitive nodes into kernel problems: q, k and v of one input become one Gemm; bias,
 * activation, scale, residual and
 * position table become the epilogue of the Gemm before them; patches, of bytes too, become its
 * prologue; embeddings become host gathers.
 */
import type { PlannedTensor, Storage, WeightPart } from "@sigil/spec";
import { activations, prelu } from "../expr/activations.ts";
import { accumulator, binary, operand, unary, type Expression } from "../expr/expression.ts";
import { elements, fixed, multiply, sameShape } from "../ir/extent.ts";
import type { Graph, Node, Value, WeightReference } from "../ir/graph.ts";
import type { LoweredLaunch, LoweredOperand, LoweredProgram } from "../kernels/lowered.ts";
import type { EpilogueOperand, GemmProblem } from "../kernels/problem.ts";
import { foldPixels } from "./fold-pixels.ts";

/** The op's side of a square table of positions. */
const side = (rows: number): number => Math.round(Math.sqrt(rows));
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const matrix = (...references: readonly WeightReference[]): LoweredOperand => ({
  kind: "weight",
  rows: references.reduce((sum, r) => sum + r.end - r.begin, 0),
  columns: product(references[0]!.shape.slice(1)),
  parts: references.map(({ tensor, begin, end }) => ({ tensor, begin, end })),
});
/** A matrix whose parts loading folds; with shifts it is a column. */
const folded = (operand: LoweredOperand, fold: NonNullable<WeightPart["fold"]>): LoweredOperand =>
  operand.kind === "value"
    ? operand
    : {
        ...operand,
        columns: fold.shifts ? 1 : operand.columns,
        parts: operand.parts.map((part) => ({ ...part, fold })),
      };

/** What an elementwise op makes of `x`; the second operand is `y`. */
function elementwise({ op, attributes }: Node, y: Expression): Expression {
  const x = operand("x");
  if (op === "activation") return activations[String(attributes.kind)]!(x);
  if (op === "prelu") return prelu(x, operand("slope"));
  return op === "exp" ? unary("exp", x) : binary(op as "add" | "mul", x, y);
}

export function lower(graph: Graph, storage: Storage): LoweredProgram {
  const producer = new Map(graph.nodes.map((node) => [node.output.id, node]));
  const position = new Map(graph.nodes.map((node, i) => [node.output.id, i]));
  const users = new Map<number, Node[]>();
  for (const node of graph.nodes)
    for (const input of node.inputs) users.set(input.id, [...(users.get(input.id) ?? []), node]);
  const isOutput = new Set(graph.outputs.map(({ value }) => value.id));
  const onlyUser = (value: Value): Node | undefined =>
    isOutput.has(value.id) || users.get(value.id)?.length !== 1
      ? undefined
      : users.get(value.id)![0];

  const launches: LoweredLaunch[] = [];
  const gathers: LoweredProgram["gathers"][number][] = [];
  const done = new Set<Node>();
  /** Where a value lies when it is not a buffer of its own: columns of a packed projection. */
  const views = new Map<
    number,
    { readonly value: Value; readonly offset: number; readonly stride: number }
  >();
  let fresh =
    Math.max(0, ...graph.nodes.map((n) => n.output.id), ...graph.inputs.map((i) => i.value.id)) + 1;

  const place = (value: Value): LoweredOperand => {
    const node = producer.get(value.id);
    if (node?.op === "parameter") return matrix(node.weights.weight!);
    if (node?.op === "interpolate_grid") return resampled(node);
    const view = views.get(value.id);
    return { kind: "value", value: view?.value ?? value, offset: view?.offset ?? 0 };
  };
  /** A table resampled when it is loaded; one that keeps its size is read as it is. */
  const resampled = (node: Node): LoweredOperand => {
    const table = place(node.inputs[0]!);
    if (table.kind !== "weight")
      throw new Error(`internal: checkGraph lets only a parameter be resampled`);
    const from = side(table.rows);
    const to = [Number(node.attributes.height), Number(node.attributes.width)] as const;
    if (to[0] === from && to[1] === from) return table;
    return {
      ...table,
      rows: to[0] * to[1],
      parts: table.parts.map((part) => ({ ...part, resample: { from: [from, from], to } })),
    };
  };
  const strideOf = (value: Value): number =>
    views.get(value.id)?.stride ?? fixed(value.shape.at(-1), "channels");
  /** What an epilogue reads of the weights as they are, the exponential of a parameter among it. */
  const constantNode = (value: Value): Node | undefined => {
    const node = producer.get(value.id);
    return node?.op === "parameter" ||
      node?.op === "interpolate_grid" ||
      (node && isFoldedExp(node))
      ? node
      : undefined;
  };
  /** An exponential of a parameter that its readers take as they read it. */
  const isFoldedExp = ({ op, inputs, output }: Node): boolean =>
    op === "exp" &&
    producer.get(inputs[0]!.id)?.op === "parameter" &&
    !isOutput.has(output.id) &&
    (users.get(output.id) ?? []).every(
      (user) => (user.op === "add" || user.op === "mul") && user.inputs[0]!.id !== output.id,
    );
  /** How an operand of `add` or `mul` is indexed beside one of `whole` elements a row. */
  const indexOf = (name: string, value: Value, whole: Value): EpilogueOperand => {
    if (sameShape(value.shape, whole.shape) && !constantNode(value))
      return { name, index: "element" };
    const count = product(value.shape.map((extent) => fixed(extent, "what is broadcast")));
    if (count === 1) return { name, index: "scalar" };
    const columns = fixed(whole.shape.at(-1), "columns");
    return count === columns
      ? { name, index: "column" }
      : { name, index: "periodic", period: count / columns };
  };

  /**
   * Collects an epilogue by following the only user of each result, as long as it works on single
   * elements.
   */
  const finish = (
    node: Node,
    start: Expression,
    operands: EpilogueOperand[],
    extra: LoweredOperand[],
  ): { output: Value; expression: Expression; origins: string[] } => {
    let output = node.output;
    let expression = start;
    const origins = [node.origin.path];
    for (let user = onlyUser(output); user; user = onlyUser(output)) {
      if (user.op === "activation")
        expression = activations[String(user.attributes.kind)]!(expression);
      else if (user.op === "exp") expression = unary("exp", expression);
      else if (user.op === "prelu") {
        const name = `e${operands.length}`;
        operands.push({ name, index: "scalar" });
        extra.push(matrix(user.weights.weight!));
        expression = prelu(expression, operand(name));
      } else if (user.op === "add" || user.op === "mul") {
        const other = user.inputs[user.inputs[0]!.id === output.id ? 1 : 0]!;
        if (!sameShape(user.output.shape, output.shape)) break;
        const constant = constantNode(other);
        if (
          !constant &&
          (other.id === output.id ||
            (position.get(other.id) ?? -1) >= position.get(node.output.id)! ||
            !sameShape(other.shape, output.shape) ||
            views.has(other.id))
        )
          break;
        const name = `e${operands.length}`;
        operands.push(indexOf(name, other, output));
        extra.push(place(constant?.op === "exp" ? constant.inputs[0]! : other));
        expression = binary(
          user.op,
          expression,
          constant?.op === "exp" ? unary("exp", operand(name)) : operand(name),
        );
      } else break;
      done.add(user);
      origins.push(user.origin.path);
      output = user.output;
    }
    return { output, expression, origins: [...new Set(origins)] };
  };

  const gemm = (group: readonly Node[]): void => {
    const [node] = group as [Node];
    const [x] = node.inputs as [Value];
    const patches = producer.get(x.id)?.op === "patches" ? producer.get(x.id)! : undefined;
    const normalise =
      patches && producer.get(patches.inputs[0]!.id)?.op === "normalize_pixels"
        ? producer.get(patches.inputs[0]!.id)!
        : undefined;
    const weights = group.map((n) => n.weights.weight!);
    const columns = weights.reduce((sum, w) => sum + w.end - w.begin, 0);
    const operands: EpilogueOperand[] = [];
    const extra: LoweredOperand[] = [];
    const pixels =
      normalise && foldPixels(normalise, Number(patches!.attributes.patch) ** 2, storage);
    let expression: Expression = accumulator;
    if (pixels) {
      operands.push({ name: "shift", index: "column" });
      extra.push(folded(matrix(...weights), pixels.sums));
      expression = pixels.expression;
    }
    if (node.weights.bias) {
      const parts = group.map((n) => n.weights.bias!);
      operands.push({ name: "bias", index: "column" });
      extra.push(matrix(...parts));
      expression = binary("add", expression, operand("bias"));
    }
    const packed =
      group.length > 1
        ? {
            id: fresh++,
            dtype: "float32" as const,
            shape: [...node.output.shape.slice(0, -1), columns],
          }
        : undefined;
    const finished = packed
      ? { output: packed, expression, origins: group.map((n) => n.origin.path) }
      : finish(node, expression, operands, extra);
    if (packed) {
      let offset = 0;
      for (const member of group) {
        views.set(member.output.id, { value: packed, offset, stride: columns });
        offset += fixed(member.output.shape.at(-1), "channels");
        done.add(member);
      }
    }
    const image = patches?.inputs[0]?.shape as number[] | undefined;
    const p = Number(patches?.attributes.patch);
    const a: GemmProblem["a"] = image
      ? {
          kind: normalise ? "byte_patches" : "patches",
          channels: image[1]!,
          height: image[2]!,
          width: image[3]!,
          patch: p,
          gridHeight: Math.floor(image[2]! / p),
          gridWidth: Math.floor(image[3]! / p),
        }
      : { kind: "rows", stride: strideOf(x) };
    const rows = multiply(...node.output.shape.slice(0, -1));
    const problem: GemmProblem = {
      family: "gemm",
      rows,
      columns,
      depth: fixed(x.shape.at(-1), "depth"),
      b: { kind: "weight", storage },
      a,
      epilogue: finished.expression,
      epilogueOperands: operands,
    };
    launches.push({
      problem,
      origins: finished.origins,
      operands: [
        place(normalise?.inputs[0] ?? patches?.inputs[0] ?? x),
        pixels ? folded(matrix(...weights), pixels.weights) : matrix(...weights),
        ...extra,
        { kind: "value", value: finished.output, offset: 0 },
      ],
    });
  };

  /** The one attention that reads a value, apart from whoever wants its probabilities. */
  const attentionOf = (value: Value): Node | undefined => {
    const readers = (isOutput.has(value.id) ? [] : (users.get(value.id) ?? [])).filter(
      (user) => user.op !== "attention_probabilities",
    );
    return readers.length === 1 && readers[0]!.op === "attention" ? readers[0] : undefined;
  };
  /** Linears of one input that only one attention reads. */
  const projections = (node: Node): readonly Node[] => {
    const attention = attentionOf(node.output);
    if (!attention) return [node];
    const group = attention.inputs
      .map((value) => producer.get(value.id))
      .filter(
        (n): n is Node =>
          n?.op === "linear" &&
          n.inputs[0]!.id === node.inputs[0]!.id &&
          attentionOf(n.output) === attention &&
          !!n.weights.bias === !!node.weights.bias,
      );
    return group.includes(node) ? group : [node];
  };
  const output = (value: Value): LoweredOperand => ({ kind: "value", value, offset: 0 });
  /** Whether a node gives the probabilities of an attention, whose masks may differ. */
  const isProbabilitiesOf = (node: Node, { inputs: [q, k, , mask], attributes }: Node): boolean =>
    node.op === "attention_probabilities" &&
    node.attributes.heads === attributes.heads &&
    node.inputs[0]!.id === q!.id &&
    node.inputs[1]!.id === k!.id &&
    node.inputs[2]?.id === mask?.id;
  /** The probabilities that an attention gives as its second result. */
  const probabilitiesOf = (attention: Node): Node | undefined =>
    users.get(attention.inputs[0]!.id)!.find((user) => isProbabilitiesOf(user, attention));
  const attend = (
    { attributes, origin }: Node,
    [q, k, v, mask]: readonly [Value, Value, Value, Value | undefined],
    sums: Value,
    probabilities: Value | undefined,
  ): void => {
    const heads = Number(attributes.heads);
    const headSize = fixed(k.shape[2], "channels") / heads;
    launches.push({
      problem: {
        family: "attention",
        batch: k.shape[0]!,
        heads,
        headSize,
        queries: fixed(q.shape.at(-2), "queries"),
        keys: fixed(k.shape[1], "keys"),
        queryStride: strideOf(q),
        keyStride: strideOf(k),
        valueStride: strideOf(v),
        sharedQuery: q.shape.length === 2,
        scale: headSize ** -0.5,
        mask: mask !== undefined,
        probabilities: probabilities !== undefined,
      },
      origins: [origin.path],
      operands: [
        place(q),
        place(k),
        place(v),
        ...(mask ? [place(mask)] : []),
        output(sums),
        ...(probabilities ? [output(probabilities)] : []),
      ],
    });
  };
  /**
   * An elementwise node alone: over rows of its last axis, or of one element where only a run knows
   * that axis, which no operand is broadcast along.
   */
  const map = (node: Node): void => {
    const [x, y] = node.inputs as [Value, Value?];
    const { shape } = node.output;
    const last = shape.at(-1);
    const width = typeof last === "number" ? last : 1;
    const slope = node.weights.weight;
    const second = y && constantNode(y);
    const exponential = second?.op === "exp";
    launches.push({
      problem: {
        family: "map",
        rows: typeof last === "number" ? multiply(...shape.slice(0, -1)) : elements(shape),
        width,
        expression: elementwise(node, exponential ? unary("exp", operand("y")) : operand("y")),
        operands: [
          { name: "x", index: "element" },
          ...(y ? [indexOf("y", y, node.output)] : []),
          ...(slope ? [{ name: "slope", index: "scalar" } as const] : []),
        ],
      },
      origins: [node.origin.path],
      operands: [
        place(x),
        ...(y ? [place(exponential ? second.inputs[0]! : y)] : []),
        ...(slope ? [matrix(slope)] : []),
        output(node.output),
      ],
    });
  };

  for (const node of graph.nodes) {
    if (done.has(node)) continue;
    const [x, y] = node.inputs;
    const origins = [node.origin.path];
    const width = node.output.shape.at(-1);
    switch (node.op) {
      case "parameter":
      case "interpolate_grid":
      case "normalize_pixels":
      case "patches":
        break;
      case "linear":
        gemm(projections(node));
        break;
      case "similarity": {
        const operands: EpilogueOperand[] = [];
        const extra: LoweredOperand[] = [];
        const finished = finish(node, accumulator, operands, extra);
        launches.push({
          problem: {
            family: "gemm",
            rows: x!.shape[0]!,
            columns: y!.shape[0]!,
            depth: fixed(x!.shape[1], "depth"),
            b: { kind: "activation" },
            a: { kind: "rows", stride: strideOf(x!) },
            epilogue: finished.expression,
            epilogueOperands: operands,
          },
          origins: finished.origins,
          operands: [place(x!), place(y!), ...extra, output(finished.output)],
        });
        break;
      }
      case "attention": {
        const [q, k, v, mask] = node.inputs as [Value, Value, Value, Value?];
        const probabilities = probabilitiesOf(node);
        if (probabilities) done.add(probabilities);
        attend(node, [q, k, v, mask], node.output, probabilities?.output);
        break;
      }
      case "attention_probabilities": {
        const [q, k, mask] = node.inputs as [Value, Value, Value?];
        const attention = users
          .get(q.id)!
          .find((user) => user.op === "attention" && isProbabilitiesOf(node, user));
        // Then they are that attention's second result.
        if (attention && probabilitiesOf(attention) === node) continue;
        // The sums have no reader, and any values do.
        const sums: Value = {
          id: fresh++,
          dtype: "float32",
          shape: [k.shape[0]!, q.shape.at(-2)!, k.shape[2]!],
        };
        attend(node, [q, k, k, mask], sums, node.output);
        break;
      }
      case "layer_norm":
      case "rms_norm":
      case "l2_normalize":
        launches.push({
          problem: {
            family: "row_reduce",
            kind: node.op,
            rows: multiply(...x!.shape.slice(0, -1)),
            width: fixed(width, "channels"),
            epsilon: Number(node.attributes.epsilon ?? 0),
          },
          origins,
          operands: [
            place(x!),
            ...["weight", "bias"].flatMap((role) =>
              node.weights[role] ? [matrix(node.weights[role])] : [],
            ),
            output(node.output),
          ],
        });
        break;
      case "mean_tokens":
        launches.push({
          problem: {
            family: "row_reduce",
            kind: "mean",
            rows: x!.shape[0]!,
            width: fixed(width, "channels"),
            reduced: fixed(x!.shape[1], "tokens"),
            epsilon: 0,
            ...(y && { mask: true }),
          },
          origins,
          operands: [place(x!), ...(y ? [place(y)] : []), output(node.output)],
        });
        break;
      case "token": {
        const tokens = fixed(x!.shape[1], "tokens");
        const index = (Number(node.attributes.index) + tokens) % tokens;
        const w = fixed(width, "channels");
        if (tokens === 1 && !isOutput.has(node.output.id) && !views.has(x!.id)) {
          views.set(node.output.id, { value: x!, offset: 0, stride: w });
          break;
        }
        launches.push({
          problem: {
            family: "map",
            rows: x!.shape[0]!,
            width: w,
            expression: operand("x"),
            operands: [{ name: "x", index: "strided", stride: tokens * w, first: index * w }],
          },
          origins,
          operands: [place(x!), output(node.output)],
        });
        break;
      }
      case "embedding": {
        const input = graph.inputs.find(({ value }) => value.id === x!.id);
        if (!input) throw new Error("internal: checkGraph lets ids be inputs alone");
        gathers.push({
          input: input.name,
          table: node.weights.weight!.tensor,
          value: node.output,
          width: fixed(width, "channels"),
        });
        break;
      }
      case "activation":
      case "add":
      case "exp":
      case "mul":
      case "prelu":
        if (!isFoldedExp(node)) map(node);
        break;
      default:
        throw new Error(`internal: no lowering for ${node.op} (${node.origin.path})`);
    }
    done.add(node);
  }
  const references = [
    ...graph.nodes.flatMap((node) => Object.values(node.weights)),
    ...graph.inputs.flatMap(({ table }) => table ?? []),
  ];
  const tensors = Object.fromEntries(
    references.map(({ tensor, shape }) => [tensor, shape] as const),
  );
  return {
    name: graph.name,
    symbols: graph.symbols,
    ...hoist(launches),
    inputs: graph.inputs.map((input) => ({ ...input, dtype: hostType(input.value) })),
    outputs: graph.outputs,
    gathers,
    tensors,
  };
}

/** Callers hand in what they have; 16-bit values are the kernels' own. */
const hostType = ({ dtype }: Value): PlannedTensor["dtype"] =>
  dtype === "float16" || dtype === "bfloat16" ? "float32" : dtype;

/**
 * Sets apart the launches that read nothing but weights (the query of a learned probe): loading
 * runs them once.
 */
function hoist(launches: readonly LoweredLaunch[]): Pick<LoweredProgram, "init" | "launches"> {
  const constants = new Set<number>();
  const init = launches.filter(({ operands }) => {
    const values = operands.flatMap((operand) =>
      operand.kind === "value" ? [operand.value.id] : [],
    );
    const output = values.pop()!;
    const constant = values.every((id) => constants.has(id));
    if (constant) constants.add(output);
    return constant;
  });
  return { init, launches: launches.filter((launch) => !init.includes(launch)) };
}

const bytesOfElement = { float32: 4, int32: 4, float16: 2, bfloat16: 2, uint8: 1 } as const;
export const elementBytes = ({ dtype }: Pick<Value, "dtype">): number => bytesOfElement[dtype];

/** Bytes of a value when every symbol is largest. */
export const bytesOf = (value: Value, symbols: Readonly<Record<string, number>>): number => {
  const count = elements(value.shape);
  return (
    elementBytes(value) *
    (typeof count === "number"
      ? count
      : count.symbols.reduce((n, s) => n * symbols[s]!, count.factor))
  );
};
