import { weightBytes } from "@sigil/spec";
import { bytesOf } from "../ir/value-bytes.ts";
import type { LoweredLaunch } from "./lowered.ts";
import { matrixPlace } from "./operands.ts";

/**
 * Bytes that a launch must at least move: each value and weight that it touches once, weights as
 * they are stored.
 */
export function trafficOf(
  { problem, operands }: LoweredLaunch,
  symbols: Readonly<Record<string, number>>,
): number {
  const stored =
    problem.family === "gemm" && problem.b.kind === "weight" ? problem.b.storage : "float32";
  const matrix = matrixPlace(problem, operands.length);
  const values = new Map(
    operands.flatMap((operand) =>
      operand.kind === "value"
        ? [[operand.value.id, bytesOf(operand.value, symbols)] as const]
        : [],
    ),
  );
  const weights = operands.map((operand, i) =>
    operand.kind === "weight"
      ? weightBytes(operand.rows, operand.columns, {
          kind: "panels",
          width: 1,
          storage: i === matrix ? stored : "float32",
        })
      : 0,
  );
  return [...values.values(), ...weights].reduce((sum, bytes) => sum + bytes, 0);
}
