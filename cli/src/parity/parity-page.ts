/** The page of `sigil parity --html`: error over depth for each backend, and every kernel. */
import { colourOf } from "../backends/ways.ts";
import { html, type Markup } from "../html/markup.ts";
import { showPage } from "../html/page.ts";
import { errorOf, type ParityRow } from "./measure.ts";

const [width, height] = [960, 280];
/** Decades of the vertical axis. */
const [lowest, highest] = [-9, 0];
const y = (error: number): number =>
  (height *
    (highest -
      Math.min(
        highest,
        Math.max(lowest, Number.isNaN(error) ? highest : Math.log10(Math.max(error, 1e-300))),
      ))) /
  (highest - lowest);

function curve(
  program: string,
  rows: readonly ParityRow[],
  bounds: Readonly<Record<string, number>>,
): Markup {
  const x = (i: number): number => ((i + 0.5) * width) / rows.length;
  const backends = Object.keys(bounds);
  const grid = Array.from({ length: highest - lowest }, (_, i) => lowest + i).map((decade) => {
    const at = y(10 ** decade);
    return html`<path d="M0 ${at.toFixed(1)}H${width}" stroke="var(--line)"/>
<text x="4" y="${(at - 3).toFixed(1)}" fill="var(--note)" font-size="11">1e${decade}</text>`;
  });
  const lines = backends.map((backend) => {
    const points = rows
      .map((row, i) => `${x(i).toFixed(1)},${y(errorOf(row, backend)).toFixed(1)}`)
      .join(" ");
    const colour = colourOf(backend);
    const dots = rows.map((row, i) => {
      const error = errorOf(row, backend);
      const title =
        `${backend}, launch ${row.launch}, ${row.origins.join(" + ")}: ` + error.toExponential(2);
      return html`<circle cx="${x(i).toFixed(1)}" cy="${y(error).toFixed(1)}"
r="3" fill="${colour}">
<title>${title}</title></circle>`;
    });
    const bound = y(bounds[backend] ?? NaN).toFixed(1);
    return html`<path d="M0 ${bound}H${width}" stroke="${colour}" stroke-dasharray="6 5"/>
<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dots}`;
  });
  return html`<figure>
<figcaption>${program}: ${rows.length} kernels in the order in which they run</figcaption>
<div class="scroll" tabindex="0" role="group" aria-label="Errors of ${program}">
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Error over depth">
${grid}${lines}</svg></div></figure>`;
}

/** The page as HTML, which depends on the measurement alone. */
export function parityPage(
  name: string,
  rows: readonly ParityRow[],
  bounds: Readonly<Record<string, number>>,
): string {
  const backends = Object.keys(bounds);
  const programs = [...new Set(rows.map(({ program }) => program))];
  const legend = backends.map((backend) => {
    const bound = (bounds[backend] ?? NaN).toExponential(0);
    return html`<span><i style="background:${colourOf(backend)}"></i>${backend}, bound ${bound}
dashed</span>`;
  });
  const cell = (row: ParityRow, backend: string): Markup => {
    const error = errorOf(row, backend);
    return error < (bounds[backend] ?? NaN)
      ? html`<td>${error.toExponential(2)}</td>`
      : html`<td><b>${error.toExponential(2)} past its bound</b></td>`;
  };
  const header = html`<h1>${name}</h1>
<p>How far each backend is from the float64 oracle after every fused kernel: the largest difference
over max(1, the largest magnitude).</p>`;
  const columns = backends.map((backend) => html`<th>${backend}</th>`);
  const showRow = (row: ParityRow): Markup =>
    html`<tr><td>${row.launch}: ${row.origins.join(" + ")}</td><td>${row.program}</td>
<td>${row.family}</td>${backends.map((backend) => cell(row, backend))}</tr>`;
  const main = html`<div class="legend">${legend}</div>
${programs.map((program) =>
  curve(
    program,
    rows.filter((row) => row.program === program),
    bounds,
  ),
)}
<h2>Every kernel</h2>
<div class="scroll" tabindex="0" role="group" aria-label="Every kernel"><table>
<thead><tr><th>kernel</th><th>program</th><th>family</th>${columns}</tr></thead><tbody>
${rows.map(showRow)}
</tbody></table></div>`;
  return showPage(`${name}: parity of backends`, header, main);
}
