/** Kernel problems and scalar expressions as formulas. */
import type { Expression, LoweredLaunch } from "@sigil/compiler/internal";
import { showStorage, type Extent } from "@sigil/spec";

const signs: Readonly<Record<string, string>> = { add: "+", sub: "-", mul: "*", div: "/" };
const number = (value: number): string => String(Number(value.toPrecision(7)));

export function showExpression(e: Expression): string {
  switch (e.kind) {
    case "accumulator":
      return "sum";
    case "operand":
      return e.name;
    case "constant":
      return number(e.value);
    case "unary":
      return `${e.function}(${showExpression(e.x)})`;
    case "binary":
      return signs[e.function]
        ? `(${showExpression(e.x)} ${signs[e.function]} ${showExpression(e.y)})`
        : `${e.function}(${showExpression(e.x)}, ${showExpression(e.y)})`;
  }
}

const extent = (size: Extent): string =>
  typeof size === "number"
    ? String(size)
    : [...(size.factor === 1 ? [] : [size.factor]), ...size.symbols].join("*");

/** The sizes of a problem, and the formula of each element. */
export function showProblem({ problem }: LoweredLaunch): {
  readonly sizes: string;
  readonly formula: string;
} {
  switch (problem.family) {
    case "gemm": {
      const from =
        problem.a.kind === "rows"
          ? "rows"
          : "patches of " +
            `${problem.a.patch}x${problem.a.patch}` +
            `${problem.a.kind === "byte_patches" ? " bytes" : ""}`;
      return {
        sizes:
          `[${extent(problem.rows)}, ${problem.depth}] x [${extent(problem.columns)}, ` +
          `${problem.depth}]ᵀ from ${from}, B ` +
          `${problem.b.kind === "weight" ? showStorage(problem.b.storage) : "computed"}`,
        formula: showExpression(problem.epilogue),
      };
    }
    case "attention":
      return {
        sizes:
          `${extent(problem.batch)} x ${problem.heads} heads of ${problem.headSize}, ` +
          `${problem.queries} queries, ${problem.keys} keys`,
        formula:
          `softmax(q kᵀ * ${number(problem.scale)}${problem.mask ? " + mask" : ""}) ` +
          `v${problem.probabilities ? ", and the probabilities" : ""}`,
      };
    case "row_reduce":
      return {
        sizes: `[${extent(problem.rows)}, ${problem.width}]`,
        formula:
          problem.kind === "layer_norm" || problem.kind === "rms_norm"
            ? `${problem.kind}, epsilon ${problem.epsilon}`
            : problem.kind,
      };
    case "map":
      return {
        sizes: `[${extent(problem.rows)}, ${problem.width}]`,
        formula: showExpression(problem.expression),
      };
  }
}
