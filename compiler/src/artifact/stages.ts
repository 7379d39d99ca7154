/** Every stage of a compilation as text, for `--dump`. */
import type { PlannedProgram } from "@sigil/spec";
import { showGraph } from "../ir/graph.ts";
import { showProblem } from "../kernels/show-problem.ts";
import type { CompiledModel } from "../compile.ts";
import { lineComment } from "../text/comment.ts";
import { fileName } from "./file-name.ts";

/**
 * File name to content: graph, kernel problems, memory plan and planned launches of each program,
 * and the kernels.
 */
export function stages({
  plan,
  programs,
  cpu,
  webgpu,
  cuda,
}: CompiledModel): Readonly<Record<string, string>> {
  const files: Record<string, string> = {
    "kernels.wat": `${cpu.wat}\n`,
    "plan.json": `${JSON.stringify(plan, undefined, 2)}\n`,
  };
  for (const [adapter, kernels] of Object.entries(webgpu?.kernels ?? {}))
    for (const [name, { code }] of Object.entries(kernels))
      files[`wgsl/${adapter}/${name}.wgsl`] = code;
  for (const [path, byName] of Object.entries(cuda?.sources ?? {}))
    for (const [name, source] of Object.entries(byName)) files[`cuda/${path}/${name}.cu`] = source;
  programs.forEach(({ graph, lowered, memory }, i) => {
    const stage = fileName(graph.name);
    files[`${stage}.1-graph.txt`] = showGraph(graph);
    files[`${stage}.2-problems.txt`] = [...lowered.init, ...lowered.launches]
      .map(
        (launch, i) => `${i}: ${launch.origins.join(" + ")}\n   ${showProblem(launch.problem)}\n`,
      )
      .join("");
    files[`${stage}.3-memory.txt`] = memory.lives
      .map(
        (life) =>
          `%${life.value.id}: launches ${life.from} to ${life.to}, bytes ${life.offset} to ` +
          `${life.offset + life.bytes}\n`,
      )
      .join("");
    files[`${stage}.4-launches.txt`] = showLaunches(plan.programs[i]!);
    if (webgpu) files[`${stage}.4-launches.webgpu.txt`] = showLaunches(webgpu.plan.programs[i]!);
    if (cuda) files[`${stage}.4-launches.cuda.txt`] = showLaunches(cuda.plan.programs[i]!);
  });
  return files;
}

/** Each launch's kernel, its operands by place, and where it comes from. */
const showLaunches = ({ init, launches }: PlannedProgram): string =>
  [...init, ...launches]
    .map(
      ({ kernel, operands, origins }, i) =>
        `${i}: ` +
        `${kernel}(${operands.map(({ space, offset }) => `${space}+${offset}`).join(", ")})  ` +
        `${lineComment("//", origins.join(" + "))}\n`,
    )
    .join("");
