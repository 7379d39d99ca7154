/** Operations beside the kernels that they became, and what each kernel computes. */
import { showShape } from "@sigil/compiler/internal";
import { familyNames, groupLaunches, type ShownLaunch } from "./launches.ts";
import { html, type Markup } from "./markup.ts";
import { showProblem } from "./show-problem.ts";
import { showBytes, showFlops } from "./units.ts";

function showLaunch(shown: ShownLaunch): Markup {
  const { family } = shown.launch.problem;
  const { sizes, formula } = showProblem(shown.launch);
  return html`<div class="fused"><ol class="before">${shown.nodes.map(({ op, output }) => html`<li><b>${op}</b> <span class="shape">${showShape(output.shape)}</span></li>`)}</ol>
<article class="kernel ${family}"><h4>${shown.kernel} <span class="family">${familyNames[family]}</span></h4>
<p class="shape">${sizes}</p><p class="formula">${formula}</p>
<p class="note">${shown.choice}</p><p class="note">${shown.launch.origins.join(" + ")}</p>
<p class="note">${shown.flops > 0 ? `${showFlops(shown.flops)}, ` : ""}${showBytes(shown.bytes)}</p></article></div>`;
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
<p>On the left the operations of the graph, on the right the kernel that computes them: its problem, the formula of each element, the CPU's choice of tile, and where it comes from.</p>
${programs.map(
  ({
    name,
    operations,
    launches,
    init,
  }) => html`<h3>${name} <span class="note">${operations} operations, ${launches.length} launches</span></h3>
${init.length > 0 ? html`<details><summary>once, when the weights are loaded <span class="note">${init.length} launch${init.length === 1 ? "" : "es"}</span></summary>${init.map(showLaunch)}</details>` : ""}
${groupLaunches(launches).map(({ title, times, launches: members }, i) => html`<details${i < 2 ? html` open` : ""}><summary>${title} <span class="note">${times > 1 ? `${times} times ` : ""}${members.length} launch${members.length === 1 ? "" : "es"}</span></summary>${members.map(showLaunch)}</details>`)}`,
)}</section>`;
}
