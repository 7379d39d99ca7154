/** The model as a tree of transformers' modules, siblings that are alike folded. */
import { showShape, type Graph, type Node } from "@sigil/compiler/internal";
import { html, type Markup } from "./markup.ts";
import { countOf } from "./units.ts";

interface Module {
  readonly children: Map<string, Module>;
  readonly nodes: Node[];
}

function treeOf(graph: Graph): Module {
  const root: Module = { children: new Map(), nodes: [] };
  for (const node of graph.nodes) {
    let at = root;
    for (const segment of node.origin.path.split(".").filter(Boolean)) {
      const inner = at.children.get(segment) ?? { children: new Map(), nodes: [] };
      at.children.set(segment, inner);
      at = inner;
    }
    at.nodes.push(node);
  }
  return root;
}

const signature = ({ children, nodes }: Module): string =>
  JSON.stringify([
    nodes.map(({ op, output, attributes }) => [op, output.shape, attributes]),
    [...children].map(([name, child]) => [name, signature(child)]),
  ]);

/** Numbered siblings that are alike become one entry with the range of their numbers. */
function fold(
  children: ReadonlyMap<string, Module>,
): { readonly name: string; readonly module: Module }[] {
  const folded: { first: string; last: string; module: Module; key: string }[] = [];
  for (const [name, module] of children) {
    const key = /^\d+$/.test(name) ? signature(module) : name;
    const before = folded.at(-1);
    if (before?.key === key) before.last = name;
    else folded.push({ first: name, last: name, module, key });
  }
  return folded.map(({ first, last, module }) => ({
    name: first === last ? first : `${first} … ${last}`,
    module,
  }));
}

const count = ({ children, nodes }: Module): number =>
  nodes.length + [...children.values()].reduce((sum, child) => sum + count(child), 0);

const showNode = ({ op, output, origin, weights }: Node): Markup => {
  const names = Object.keys(weights).join(", ");
  return html`<li class="op"><b>${op}</b> <span class="shape">${showShape(output.shape)}</span>
${names === "" ? "" : html`<span class="note">${names}</span>`}
<span class="note">${origin.document}${origin.pointer}</span></li>`;
};

const showModule = (name: string, module: Module, depth: number): Markup => {
  const children = fold(module.children).map(
    (child) => html`<li>${showModule(child.name, child.module, depth + 1)}</li>`,
  );
  const operations = countOf(count(module), "operation");
  return html`<details${depth < 2 ? html` open` : ""}>
<summary>${name} <span class="note">${operations}</span></summary>
<ul>${module.nodes.map(showNode)}${children}</ul></details>`;
};

export function architectureSection(graphs: readonly Graph[]): Markup {
  return html`<section id="architecture"><h2>Architecture</h2>
<p>The operations by their module path in transformers. Each names the place in the architecture
document that it comes from.</p>
${graphs.map((graph) => showModule(graph.name, treeOf(graph), 0))}</section>`;
}
