import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flopsOf, lowerSpec, planMemory, showGraph } from "@sigil/compiler";
import { loadSpec } from "@sigil/spec";

export function inspect(path: string, options: { dump?: string }): void {
  const spec = loadSpec(path);
  const files: Record<string, string> = {};
  process.stdout.write(`${spec.name} (${spec.architecture}), planned for ${spec.batch.image} images and ${spec.batch.text} texts\n`);
  for (const { graph, lowered } of lowerSpec(spec)) {
    const memory = planMemory(lowered);
    const flops = lowered.launches.reduce((sum, { problem }) => sum + flopsOf(problem, lowered.symbols), 0);
    process.stdout.write(`  ${graph.name.padEnd(28)} ${graph.nodes.length} operations -> ${lowered.launches.length} launches, ${(memory.bytes / 1e6).toFixed(2)} MB arena, ${(flops / 1e9).toFixed(2)} GFLOP\n`);
    files[`${graph.name}.graph.txt`] = showGraph(graph);
    files[`${graph.name}.problems.txt`] = lowered.launches.map((launch, i) => `${i}: ${launch.origins.join(" + ")}\n   ${JSON.stringify(launch.problem)}\n`).join("");
    files[`${graph.name}.memory.txt`] = memory.lives.map((life) => `%${life.value.id}: launches ${life.from} to ${life.to}, bytes ${life.offset} to ${life.offset + life.bytes}\n`).join("");
  }
  if (options.dump === undefined) return;
  mkdirSync(options.dump, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(options.dump, name), text);
}
