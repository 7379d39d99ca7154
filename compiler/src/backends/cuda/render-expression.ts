/** Renders a scalar expression as a functor on runs of elements, and loads what it reads. */
import type { Expression, UnaryFunction } from "../../expr/expression.ts";
import type { NamedOperand } from "../../kernels/operands.ts";
import type { MapProblem, StridedRows } from "../../kernels/problem.ts";
import { alignedRun, cppType, type CudaOperand } from "./operands.ts";
import { floatLiteral } from "./source.ts";

type ElementOperand = MapProblem["operands"][number];
type Named = NamedOperand<ElementOperand, CudaOperand>;

const precise: Readonly<Record<UnaryFunction, (x: string) => string>> = {
  abs: (x) => `absolute(${x})`,
  erf: (x) => `erf_precise(${x})`,
  exp: (x) => `exp_precise(${x})`,
  log1p: (x) => `log1p_precise(${x})`,
  neg: (x) => `-${x}`,
  sigmoid: (x) => `1.0f / (1.0f + exp_precise(-${x}))`,
  sqrt: (x) => `square_root(${x})`,
  tanh: (x) => `tanh_precise(${x})`,
};
/**
 * For results that are rounded to 16 bits: the hardware's tanh is off by less than bfloat16's
 * rounding and about float16's.
 */
const fast: typeof precise = { ...precise, tanh: (x) => `fast_tanh(${x})` };
const infix = { add: "+", sub: "-", mul: "*", div: "/" } as const;

/** Statements that compute an expression, every subexpression once, and the name of its value. */
function renderExpression(
  expression: Expression,
  functions: typeof precise,
  leaf: (name: string | undefined) => string,
): { readonly statements: readonly string[]; readonly result: string } {
  const known = new Map<string, string>();
  const statements: string[] = [];
  const render = (e: Expression): string => {
    if (e.kind === "constant") return floatLiteral(e.value);
    if (e.kind === "accumulator") return leaf(undefined);
    if (e.kind === "operand") return leaf(e.name);
    const key = JSON.stringify(e);
    const seen = known.get(key);
    if (seen) return seen;
    const [x, y] = [render(e.x), e.kind === "binary" ? render(e.y) : ""];
    const value =
      e.kind === "unary"
        ? functions[e.function](x)
        : e.function === "max"
          ? `maximum(${x}, ${y})`
          : e.function === "min"
            ? `minimum(${x}, ${y})`
            : `${x} ${infix[e.function]} ${y}`;
    const name = `v${known.size}`;
    known.set(key, name);
    statements.push(`const float ${name} = ${value};`);
    return name;
  };
  return { result: render(expression), statements };
}

/** The numbers of which the start of a row is a sum of multiples. */
export const rowSteps = ({ stride, first, lines }: StridedRows): readonly number[] => [
  stride,
  first,
  ...(lines ? [lines.stride] : []),
];

/** The element at which `row` begins, as C++. */
export function rowStart({ stride, first, lines, period }: StridedRows): string {
  const own = period === undefined ? "row" : `(row % ${period})`;
  const start = (row: string, by: number): string => `static_cast<ptrdiff_t>(${row}) * ${by}`;
  return lines
    ? `(${start(`(${own} / ${lines.of})`, lines.stride)} + ` +
        `${start(`(${own} % ${lines.of})`, stride)} + ${first})`
    : `(${start(own, stride)} + ${first})`;
}

/** The element of an operand that belongs to (row, column), as an address. */
function addressOf(place: ElementOperand, columns: string): string {
  const at = `${place.name}_at`;
  if (place.index === "strided") return `${at} + ${rowStart(place)} + column`;
  if (place.index === "gathered")
    return `${at} + static_cast<ptrdiff_t>(${place.ids}_at[row]) * ${columns} + column`;
  if (place.index === "column") return `${at} + column`;
  return (
    `${at} + ` +
    `${place.index === "periodic" ? `row % ${place.period}` : "static_cast<ptrdiff_t>(row)"} * ` +
    `${columns} + column`
  );
}

const stepsOf = (place: ElementOperand, columns: number): readonly number[] =>
  place.index === "strided"
    ? rowSteps(place)
    : place.index === "column" || place.index === "scalar" || place.index === "ids"
      ? []
      : [columns];

/** Whether a row needs one element of an operand alone. */
const isSingle = ({ index }: ElementOperand): boolean => index === "scalar" || index === "ids";

/**
 * How many elements (4 or 1) can be finished at once: rows of the result and of every operand must
 * be aligned to them.
 */
export function finishRun(
  operands: readonly Named[],
  result: CudaOperand,
  columns: number,
  resultSteps: readonly number[] = [columns],
): number {
  return Math.min(
    alignedRun(result, resultSteps, 4) === 4 ? 4 : 1,
    ...operands.map(({ place, operand }) =>
      isSingle(place) || alignedRun(operand, stepsOf(place, columns), 4) === 4 ? 4 : 1,
    ),
  );
}

export interface Functor {
  /**
   * `struct Finish`, called with (values, row, column): `values` holds the accumulators and then
   * the results.
   */
  readonly declaration: string;
  /** An instance made from the kernel's pointers, which have the names of the operands. */
  readonly value: string;
}

/**
 * `columns` as C++ sees it: a number, or the name of a member that `value` fills from a parameter
 * of the same name. The operand `carried` is handed over after the values instead of being loaded.
 */
export function renderFunctor(
  expression: Expression,
  operands: readonly Named[],
  result: CudaOperand,
  columns: number | "columns",
  carried?: string,
): Functor {
  const used = operands
    .map(({ place, operand }) => ({ place, type: cppType(operand.type) }))
    .filter(({ place }) => place.name !== carried);
  const members = [
    ...used.map(({ place, type }) => `  const ${type}* ${place.name}_at;`),
    ...(columns === "columns" ? ["  int columns;"] : []),
  ];
  const loads = used.flatMap(({ place }) => {
    if (place.index === "ids") return [];
    if (place.index === "scalar")
      return [`const float ${place.name} = widen(${place.name}_at[0]);`];
    return [
      `float ${place.name}[count];`,
      `load_run<count>(${place.name}, ${addressOf(place, String(columns))});`,
    ];
  });
  const scalars = new Set(
    operands.flatMap(({ place }) => (place.index === "scalar" ? [place.name] : [])),
  );
  const functions = result.type === "float32" ? precise : fast;
  const { statements, result: value } = renderExpression(expression, functions, (name) =>
    name === undefined ? "values[i]" : scalars.has(name) ? name : `${name}[i]`,
  );
  return {
    declaration: [
      "struct Finish {",
      ...members,
      "  template <int count> SIGIL_DEVICE void operator()(float (&values)[count], " +
        `${carried === undefined ? "" : `const float (&${carried})[count], `}int row, int ` +
        "column) const {",
      ...loads.map((line) => `    ${line}`),
      "#pragma unroll",
      "    for (int i = 0; i < count; i++) {",
      ...statements.map((line) => `      ${line}`),
      `      values[i] = ${value};`,
      "    }",
      "  }",
      "};",
    ].join("\n"),
    value:
      "Finish{" +
      [...used.map(({ place }) => place.name), ...(columns === "columns" ? ["columns"] : [])].join(
        ", ",
      ) +
      "}",
  };
}
