/**
 * The arena over a run: every buffer a rectangle from the launch that writes it to the last that
 * reads it.
 */
import { showShape, type CompiledProgram } from "@sigil/compiler/internal";
import { html, type Markup } from "./markup.ts";
import { showBytes } from "./units.ts";

const [width, height] = [960, 300];

function picture({ graph, lowered, memory }: CompiledProgram): Markup {
  // An input is there before the first launch, an output after the last.
  const columns = lowered.launches.length + 2;
  const x = (launch: number): string => (((launch + 1) * width) / columns).toFixed(1);
  const y = (bytes: number): string =>
    (height - (bytes * height) / Math.max(1, memory.bytes)).toFixed(1);
  const writers = new Map(
    lowered.launches.flatMap(({ operands, origins, problem }) =>
      operands
        .slice(-1)
        .flatMap((operand) =>
          operand.kind === "value"
            ? [[operand.value.id, { path: origins.join(" + "), family: problem.family }] as const]
            : [],
        ),
    ),
  );
  const rectangles = memory.lives.map(({ value, from, to, offset, bytes }) => {
    const writer = writers.get(value.id);
    const what =
      `${writer?.path ?? "input"}: ${showShape(value.shape)}, ${showBytes(bytes)} at ` +
      `${showBytes(offset)}, launches ${Math.max(from, 0)} to ` +
      `${Math.min(to, lowered.launches.length - 1)}`;
    const wide = (((to - from + 1) * width) / columns).toFixed(1);
    const high = ((bytes * height) / Math.max(1, memory.bytes)).toFixed(1);
    return html`<rect class="${writer?.family ?? "input"}" x="${x(from)}" y="${y(offset + bytes)}"
width="${wide}" height="${high}"><title>${what}</title></rect>`;
  });
  const [size, values] = [showBytes(memory.bytes), memory.lives.length];
  const launches = lowered.launches.length;
  const caption = `${graph.name}: ${size} arena, ${values} values in ${launches} launches`;
  return html`<figure><figcaption>${caption}</figcaption>
<div class="scroll" tabindex="0" role="group"
aria-label="Memory of ${graph.name} over its launches">
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${values} buffers in ${size}">
${rectangles}</svg></div>
<div class="axis"><span>first launch</span><span>last</span></div></figure>`;
}

export function memorySection(programs: readonly CompiledProgram[]): Markup {
  return html`<section id="memory"><h2>Memory</h2>
<p>Every value has a fixed place in one arena. Time runs to the right, addresses run up, and
rectangles never overlap. Hover over one for its origin.</p>
${programs.map(picture)}</section>`;
}
