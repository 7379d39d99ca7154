import { requireTensor, type WeightSource } from "@sigil/runtime/internal";
import { openSafetensorsFile } from "@sigil/runtime/node";
import { compareTensors, type Difference } from "../compare/compare-tensors.ts";
import { numbersOf } from "../tensors/read-inputs.ts";

type Row = { readonly name: string; readonly shape: readonly number[] } & (
  | Difference
  | { readonly problem: string }
);

/**
 * Compares two safetensors files tensor by tensor; the exit status is 1 past the tolerance, or
 * where tensors are missing or misshapen.
 */
export async function compare(
  a: string,
  b: string,
  options: { tolerance?: number; sort: "file" | "error"; json?: boolean },
): Promise<void> {
  const left = await openSafetensorsFile(a);
  const right = await openSafetensorsFile(b).catch(async (error: unknown) => {
    await left.close();
    throw error;
  });
  const rows: Row[] = [];
  for (const name of new Set([...left.tensors.keys(), ...right.tensors.keys()]))
    rows.push(await compareOne(name, left, right, [a, b]));
  await Promise.all([left.close(), right.close()]);
  if (options.sort === "error") rows.sort((x, y) => errorOf(y) - errorOf(x));
  process.stdout.write(options.json ? `${JSON.stringify(rows)}\n` : table(rows));
  if (rows.some((row) => "problem" in row || !(row.maxError <= (options.tolerance ?? Infinity))))
    process.exitCode = 1;
}

const errorOf = (row: Row): number => ("problem" in row ? Infinity : row.maxError);

async function compareOne(
  name: string,
  left: WeightSource,
  right: WeightSource,
  files: readonly [string, string],
): Promise<Row> {
  const [a, b] = [left.tensors.get(name), right.tensors.get(name)];
  if (!a) return { name, shape: requireTensor(right, name).shape, problem: `only in ${files[1]}` };
  const { shape } = a;
  if (!b) return { name, shape, problem: `only in ${files[0]}` };
  if (shape.join() !== b.shape.join())
    return { name, shape, problem: `[${shape.join(", ")}] against [${b.shape.join(", ")}]` };
  const both = [await numbersOf(left, name, a), await numbersOf(right, name, b)] as const;
  return { name, shape, ...compareTensors(...both) };
}

function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    `[${row.shape.join(", ")}]`,
    ...("problem" in row
      ? [row.problem]
      : [
          row.maxError.toExponential(2),
          row.meanError.toExponential(2),
          row.cosine.toFixed(9),
          row.worst ? `[${row.worst.index.join(", ")}] ${row.worst.a} ${row.worst.b}` : "",
        ]),
  ]);
  const all = [["tensor", "shape", "max error", "mean error", "cosine", "worst element"], ...cells];
  const widths = [0, 1, 2, 3, 4].map((k) =>
    Math.max(...all.map((row) => (row.length === 3 && k === 2 ? 0 : (row[k]?.length ?? 0)))),
  );
  return all
    .map(
      (row) =>
        row.map((cell, k) => (k < row.length - 1 ? cell.padEnd(widths[k]!) : cell)).join("  ") +
        "\n",
    )
    .join("");
}
