/** Operations beside the kernels that they became, and what each kernel computes. */
import { showShape } from "@sigil/compiler/internal";
import { familyNames, groupLaunches, type LaunchGroup, type ShownLaunch } from "./launches.ts";
import { html, type Markup } from "./markup.ts";
import { showProblem } from "./show-problem.ts";
import { countOf, showBytes, showFlops } from "./units.ts";

function showLaunch(shown: ShownLaunch): Markup {
  const { family } = shown.launch.problem;
  const { sizes, formula } = showProblem(shown.launch);
  const operations = shown.nodes.map(
    ({ op, output }) =>
      html`<li><b>${op}</b> <span class="shape">${showShape(output.shape)}</span></li>`,
  );
  const work = `${shown.flops > 0 ? `${showFlops(shown.flops)}, ` : ""}${showBytes(shown.bytes)}`;
  return html`<div class="fused"><ol class="before">${operations}</ol>
<article class="kernel ${family}">
<h4>${shown.kernel} <span class="family">${familyNames[family]}</span></h4>
<p class="shape">${sizes}</p><p class="formula">${formula}</p>
<p class="note">${shown.choice}</p><p class="note">${shown.launch.origins.join(" + ")}</p>
<p class="note">${work}</p></article></div>`;
}

function showInit(init: readonly ShownLaunch[]): Markup {
  const launches = countOf(init.length, "launch", "launches");
  return html`<details>
<summary>once, when the weights are loaded <span class="note">${launches}</span></summary>
${init.map(showLaunch)}</details>`;
}

/** Launches of one layer, for all layers that have the same; `i` is its place in the run. */
function showGroup({ title, times, launches }: LaunchGroup, i: number): Markup {
  const count = countOf(launches.length, "launch", "launches");
  const shown = times > 1 ? `${times} times ${count}` : count;
  return html`<details${i < 2 ? html` open` : ""}>
<summary>${title} <span class="note">${shown}</span></summary>
${launches.map(showLaunch)}</details>`;
}

export function fusionSection(
  programs: readonly {
    readonly name: string;
    readonly operations: number;
    readonly launches: readonly ShownLaunch[];
    readonly init: readonly ShownLaunch[];
  }[],
): Markup {
  return html`<section id="fusion"><h2>Before and after fusion</h2>
<p>The operations of the graph are on the left. The kernel that computes them is on the right, with
its problem, the formula of each element, the CPU's choice of tile, and its origin.</p>
${programs.map(({ name, operations, launches, init }) => {
  const counts = `${operations} operations, ${launches.length} launches`;
  return html`<h3>${name} <span class="note">${counts}</span></h3>
${init.length > 0 ? showInit(init) : ""}
${groupLaunches(launches).map(showGroup)}`;
})}</section>`;
}
