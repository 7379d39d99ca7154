/**
 * Elementwise expressions and strided copies: a thread per four elements, or per element where rows
 * do not divide.
 */
import { multiply } from "../../ir/extent.ts";
import { mapOperands } from "../../kernels/operands.ts";
import type { MapProblem } from "../../kernels/problem.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import { finishRun, renderFunctor, rowStart, rowSteps } from "./render-expression.ts";
import { count, instance, pointer } from "./source.ts";

const threads = 256;

export function emitMap(problem: MapProblem, { operands }: EmitContext): Emitted {
  const { width } = problem;
  const { inputs, out } = mapOperands(problem, operands);
  const { written } = problem;
  const steps = written ? [...rowSteps(written), width] : [width];
  const run = finishRun(inputs, out, width, steps);
  const compute = renderFunctor(problem.expression, inputs, out, width);
  return {
    text: {
      includes: ["map/map.cuh"],
      threads,
      blocks: 4,
      declarations: [
        compute.declaration,
        ...(written
          ? [
              `struct Rows {\n  SIGIL_DEVICE ptrdiff_t operator()(int row) const { return ` +
                `${rowStart(written)}; }\n};`,
            ]
          : []),
      ],
      parameters: [
        ...inputs.map(({ place, operand }) => pointer(operand, place.name)),
        pointer(out, "out"),
        count("rows"),
      ],
      statements: [
        written
          ? `${instance("map_rows", width, run, threads)}(${compute.value}, Rows{}, out, rows);`
          : `${instance("map_elements", width, run, threads)}(${compute.value}, out, rows);`,
      ],
    },
    choice:
      `a thread per ${run === 1 ? "element" : `${run} elements`}` +
      (problem.operands.some(({ index }) => index === "gathered") ? ", rows gathered" : ""),
    kernel: {
      grid: [{ of: multiply(problem.rows, width / run), per: threads }],
      threads,
      sharedBytes: 0,
      tensorMaps: [],
    },
    extents: [problem.rows],
  };
}
