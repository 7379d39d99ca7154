/**
 * The page of `sigil inspect --html`, which shows how a spec was compiled. It has no script and
 * needs no other file.
 */
import { storageNames, type CompiledModel } from "@sigil/compiler/internal";
import { architectureSection } from "./architecture.ts";
import { fusionSection } from "./fusion.ts";
import { familyNames, shownLaunches, type Family } from "./launches.ts";
import { html, type Markup } from "./markup.ts";
import { memorySection } from "./memory.ts";
import { showPage } from "./page.ts";
import { totalsSection } from "./totals.ts";
import { showBytes, showCount, showFlops } from "./units.ts";

const sections = {
  architecture: "Architecture",
  fusion: "Before and after fusion",
  memory: "Memory",
  work: "FLOPs and bytes",
} as const;

function facts({ plan, programs }: CompiledModel): Markup {
  const sum = (value: (program: (typeof plan.programs)[number]) => number): number =>
    plan.programs.reduce((total, program) => total + value(program), 0);
  const parameters = Object.values(plan.tensors).reduce(
    (total, shape) => total + shape.reduce((a, b) => a * b, 1),
    0,
  );
  const batch = plan.programs
    .flatMap(({ symbols }) => Object.entries(symbols))
    .map(([symbol, size]) => `${size} ${symbol.replace("_batch", "s")}`);
  const rows: readonly (readonly [string, string])[] = [
    ["parameters", showCount(parameters)],
    ["stored as", storageNames(plan)],
    ["weights on the CPU", showBytes(sum(({ weightBytes }) => weightBytes))],
    ["largest arena", showBytes(Math.max(...plan.programs.map(({ arenaBytes }) => arenaBytes)))],
    ["operations", showCount(programs.reduce((total, { graph }) => total + graph.nodes.length, 0))],
    ["launches", showCount(sum(({ launches }) => launches.length))],
    [
      "kernels",
      showCount(
        new Set(plan.programs.flatMap(({ launches }) => launches.map(({ kernel }) => kernel))).size,
      ),
    ],
    ["for at most", [...new Set(batch)].join(", ")],
    ["work for that", showFlops(sum(({ flops }) => flops))],
  ];
  const shown = rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return html`<dl class="facts">${shown}</dl>`;
}

/** The page as HTML, which depends on the compilation alone. */
export function inspectPage(compiled: CompiledModel): string {
  const { plan, programs } = compiled;
  const shown = programs.map((program) => ({
    name: program.graph.name,
    operations: program.graph.nodes.length,
    launches: shownLaunches(compiled, program),
    init: shownLaunches(compiled, program, "init"),
  }));
  const legend = (Object.entries(familyNames) as [Family, string][]).map(
    ([family, name]) => html`<span><i style="background:var(--${family})"></i>${name}</span>`,
  );
  const links = Object.entries(sections).map(([id, title]) => html`<a href="#${id}">${title}</a>`);
  const header = html`<h1>${plan.name}</h1>
<p class="note">${plan.architecture}, compiled by Sigil</p>
<nav aria-label="Sections">${links}</nav>`;
  const main = html`${facts(compiled)}<div class="legend">${legend}</div>
${architectureSection(programs.map(({ graph }) => graph))}
${fusionSection(shown)}
${memorySection(programs)}
${totalsSection(shown)}
<footer>Kernels and choices are the CPU's; other backends share everything above them.</footer>`;
  return showPage(`${plan.name}: what Sigil made of it`, header, main);
}
