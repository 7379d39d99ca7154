import { storageNames, type CompiledModel } from "@sigil/compiler/internal";

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;

/** A line for each compiled program: operations, launches, memory and FLOPs. */
export function describePrograms({ plan, programs }: CompiledModel): string {
  const kernels = new Set(
    plan.programs.flatMap(({ launches }) => launches.map(({ kernel }) => kernel)),
  ).size;
  const rows = plan.programs.map((program, i) => {
    const sizes = Object.entries(program.symbols)
      .map(([symbol, size]) => `${symbol.replace("_batch", "s")} ${size}`)
      .join(", ");
    const [weights, arena] = [megabytes(program.weightBytes), megabytes(program.arenaBytes)];
    return (
      `  ${program.name.padEnd(18)} ${String(programs[i]!.graph.nodes.length).padStart(4)} ` +
      `operations -> ${String(program.launches.length).padStart(3)} launches, ` +
      `${weights} weights, ${arena} arena, ${(program.flops / 1e9).toFixed(2)} GFLOP for ${sizes}\n`
    );
  });
  return (
    `${plan.name} (${plan.architecture}), ${storageNames(plan)}, ${kernels} ` +
    `kernels\n${rows.join("")}`
  );
}
