/** Each stage of a compilation as text, for `--dump`. */
import type { PlannedProgram } from "@sigil/spec";
import { showGraph } from "../ir/graph.ts";
import { showProblem } from "../kernels/show-problem.ts";
import { compiledTargets, type CompiledModel } from "../compile.ts";
import { lineComment } from "../text/comment.ts";
import { fileName } from "./file-name.ts";

/**
 * The content of each file by its name: graph, kernel problems, memory plan and planned launches of
 * each program, and the kernels.
 */
export function stages(model: CompiledModel): Readonly<Record<string, string>> {
  const targets = compiledTargets(model);
  const files: Record<string, string> = {
    "plan.json": `${JSON.stringify(model.plan, undefined, 2)}\n`,
  };
  for (const { sources } of targets) Object.assign(files, sources());
  for (const [i, { graph, lowered, memory }] of model.programs.entries()) {
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
    for (const { target, plan } of targets) {
      const program = plan.programs[i];
      const of = target === "cpu" ? "" : `.${target}`;
      if (program) files[`${stage}.4-launches${of}.txt`] = showLaunches(program);
    }
  }
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
