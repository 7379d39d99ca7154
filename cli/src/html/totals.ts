/** Where the work is: FLOPs and bytes by family and by part of the model. */
import { familyNames, type Family, type ShownLaunch } from "./launches.ts";
import { html, type Markup } from "./markup.ts";
import { showBytes, showFlops, showPercent } from "./units.ts";

interface Row {
  readonly label: string;
  readonly family: Family;
  launches: number;
  flops: number;
  bytes: number;
}

/**
 * The parts of the model that a launch computes: its modules, without the number of their layer.
 */
function partOf({ launch }: ShownLaunch): string {
  const parts = [
    ...new Set(launch.origins.map((path) => /^.*\blayers\.\d+\.(.*)$/.exec(path)?.[1] ?? path)),
  ];
  const inLayers = launch.origins.some((path) => /\blayers\.\d+\./.test(path));
  return `${inLayers ? "layers: " : ""}${parts.join(" + ")}`;
}

const bar = (value: number, whole: number, family: Family): Markup => {
  const percent = whole === 0 ? 0 : ((100 * value) / whole).toFixed(2);
  return html`<div class="bar"><i class="${family}" style="width:${percent}%"></i></div>`;
};

const showRow = (row: Row, flops: number, bytes: number): Markup =>
  html`<tr><td>${row.label}</td><td>${familyNames[row.family]}</td><td>${row.launches}</td>
<td title="${row.flops}">${showPercent(row.flops, flops)}</td>
<td>${bar(row.flops, flops, row.family)}</td>
<td title="${row.bytes}">${showPercent(row.bytes, bytes)}</td>
<td>${bar(row.bytes, bytes, row.family)}</td></tr>`;

export function totalsSection(
  programs: readonly { readonly name: string; readonly launches: readonly ShownLaunch[] }[],
): Markup {
  return html`<section id="work"><h2>Where FLOPs and bytes are</h2>
<p>For the largest batch. Bytes are the least that must move: each operand of a kernel once.</p>
${programs.map(({ name, launches }) => {
  const rows = new Map<string, Row>();
  for (const shown of launches) {
    const label = partOf(shown);
    const key = `${label} ${shown.launch.problem.family}`;
    const row = rows.get(key) ?? {
      label,
      family: shown.launch.problem.family,
      launches: 0,
      flops: 0,
      bytes: 0,
    };
    rows.set(key, {
      ...row,
      launches: row.launches + 1,
      flops: row.flops + shown.flops,
      bytes: row.bytes + shown.bytes,
    });
  }
  const flops = launches.reduce((sum, shown) => sum + shown.flops, 0);
  const bytes = launches.reduce((sum, shown) => sum + shown.bytes, 0);
  const sorted = [...rows.values()].sort((a, b) => b.flops - a.flops || b.bytes - a.bytes);
  return html`<h3>${name} <span class="note">${showFlops(flops)}, ${showBytes(bytes)}</span></h3>
<div class="scroll" tabindex="0" role="group" aria-label="Work of ${name}"><table>
<thead><tr><th>part</th><th>family</th><th>launches</th>
<th>FLOPs</th><th></th><th>bytes</th><th></th></tr></thead><tbody>
${sorted.map((row) => showRow(row, flops, bytes))}
</tbody></table></div>`;
})}</section>`;
}
