/**
 * The launches of a program with what a page says of each, and runs of layers that are alike folded
 * into one.
 */
import {
  flopsOf,
  trafficOf,
  weightOf,
  type CompiledModel,
  type CompiledProgram,
  type LoweredLaunch,
  type Node,
} from "@sigil/compiler/internal";

export type Family = LoweredLaunch["problem"]["family"];
export const familyNames: Readonly<Record<Family, string>> = {
  gemm: "Gemm",
  attention: "Attention",
  row_reduce: "Row reduction",
  map: "Map",
};

export interface ShownLaunch {
  readonly index: number;
  readonly kernel: string;
  readonly choice: string;
  readonly launch: LoweredLaunch;
  /** Operations of the graph that it computes. */
  readonly nodes: readonly Node[];
  readonly flops: number;
  readonly bytes: number;
}

/** Consecutive launches. Those of layers that are alike appear once. */
export interface LaunchGroup {
  readonly title: string;
  /** How many layers this stands for. */
  readonly times: number;
  readonly launches: readonly ShownLaunch[];
}

/**
 * Whether a launch computes an operation whose module it names: modules such as a pooling head's
 * attention hold several, which family and weights tell apart.
 */
function computes({ problem, operands }: LoweredLaunch, node: Node): boolean {
  const { op } = node;
  if (op === "attention" || op === "attention_probabilities") return problem.family === "attention";
  if (op !== "linear") return problem.family !== "attention";
  const { tensor, begin } = weightOf(node);
  return operands.some(
    (operand) =>
      operand.kind === "weight" &&
      operand.parts.some((part) => part.tensor === tensor && part.begin === begin),
  );
}

/** The launches of each run, or of loading (`init`), grouped for a page. */
export function shownLaunches(
  { plan, cpu }: CompiledModel,
  { graph, lowered }: CompiledProgram,
  when: "launches" | "init" = "launches",
): readonly ShownLaunch[] {
  const planned = plan.programs.find(({ name }) => name === graph.name);
  if (!planned) throw new Error(`internal: no program is called ${graph.name}`);
  const byPath = new Map<string, Node[]>();
  for (const node of graph.nodes)
    byPath.set(node.origin.path, [...(byPath.get(node.origin.path) ?? []), node]);
  return lowered[when].map((launch, index) => {
    const { kernel } = planned[when][index]!;
    return {
      index,
      kernel,
      choice: cpu.choices[kernel] ?? "",
      launch,
      nodes: [...new Set(launch.origins)].flatMap((path) =>
        (byPath.get(path) ?? []).filter((node) => computes(launch, node)),
      ),
      flops: flopsOf(launch.problem, lowered.symbols),
      bytes: trafficOf(launch, lowered.symbols),
    };
  });
}

const layerPattern = /^(.*\blayers\.)(\d+)(\..*)?$/;
const layerOf = ({ launch }: ShownLaunch): RegExpExecArray | undefined =>
  launch.origins.map((path) => layerPattern.exec(path)).find((match) => match !== null) ??
  undefined;
const alike = (group: readonly ShownLaunch[]): string =>
  JSON.stringify(
    group.map(({ kernel, launch }) => [
      kernel,
      launch.origins.map((path) => path.replace(layerPattern, "$1#$3")),
    ]),
  );

export function groupLaunches(launches: readonly ShownLaunch[]): readonly LaunchGroup[] {
  const layers: { key: string; stem: string; first: number; launches: ShownLaunch[] }[] = [];
  for (const launch of launches) {
    const match = layerOf(launch);
    const key = match ? `${match[1]}${match[2]}` : "";
    const last = layers.at(-1);
    if (last?.key === key) last.launches.push(launch);
    else
      layers.push({
        key,
        stem: match?.[1] ?? "",
        first: Number(match?.[2] ?? 0),
        launches: [launch],
      });
  }
  const groups: {
    title: string;
    times: number;
    launches: readonly ShownLaunch[];
    signature: string;
    stem: string;
    first: number;
  }[] = [];
  for (const { stem, first, launches: members } of layers) {
    const last = groups.at(-1);
    const signature = alike(members);
    if (stem !== "" && last?.stem === stem && last.signature === signature) {
      last.times++;
      last.title = `${stem}${last.first} to ${first}, alike`;
    } else
      groups.push({
        title: stem === "" ? "between layers" : `${stem}${first}`,
        times: 1,
        launches: members,
        signature,
        stem,
        first,
      });
  }
  return groups;
}
