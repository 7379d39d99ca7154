/**
 * Describes kernel problems to the native backend. No machine code is generated: the kernels are in
 * the addon, one for each family and instruction set.
 */
import {
  isQuantized,
  showStorage,
  type NativeExpression,
  type NativeKernel,
  type NativeKernels,
  type WeightStorage,
} from "@sigil/spec";
import type { Expression } from "../../expr/expression.ts";
import { withoutGather } from "../../kernels/operands.ts";
import type { PlacedOperand, Problem } from "../../kernels/problem.ts";
import { UnsupportedError } from "../unsupported-error.ts";
import { encodeExpression } from "./encode-expression.ts";

const encoded = (expression: Expression, operands: readonly PlacedOperand[]): NativeExpression => ({
  code: encodeExpression(
    expression,
    operands.map(({ name }) => name),
  ),
  operands: operands.map(({ name: _, ...operand }) => operand),
});

/** The addon unpacks codes of 4 and 8 bits, with zero points and without, and no others. */
function refuseOtherCodes(storage: WeightStorage): void {
  if (!isQuantized(storage)) return;
  const { bits, group: _, book: __, zero_point: ___, ...more } = storage;
  if ((bits !== 4 && bits !== 8) || Object.keys(more).length > 0)
    throw new UnsupportedError(
      `native has no kernels for ${showStorage(storage)} weights; WebAssembly has`,
    );
}

/** Describes a problem. Throws UnsupportedError if the native backend has no kernel for it. */
export function describe(problem: Problem): NativeKernel {
  switch (problem.family) {
    case "gemm": {
      const { epilogue, epilogueOperands, b, ...rest } = problem;
      const expression = encoded(epilogue, epilogueOperands);
      if (b.kind === "activation") return { ...rest, b: b.kind, ...expression };
      refuseOtherCodes(b.storage);
      const { storage, activations } = b;
      return { ...rest, b: storage, ...(activations && { activations }), ...expression };
    }
    case "map": {
      const { expression, operands, ...rest } = withoutGather(problem);
      return { ...rest, ...encoded(expression, operands) };
    }
    default:
      return problem;
  }
}

/**
 * Describes problems, under the names of their CPU kernels. Undefined if the native backend cannot
 * compute one of them; the module then runs on WebAssembly.
 */
export function emitNative(
  problems: readonly Problem[],
  names: readonly string[],
): NativeKernels | undefined {
  try {
    return Object.fromEntries(problems.map((problem, i) => [names[i]!, describe(problem)]));
  } catch (error) {
    if (error instanceof UnsupportedError) return undefined;
    throw error;
  }
}
