/** Markup by a tagged template: whatever is not markup already is escaped. */

/** Text that may go into a page as it is. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const render = (part: Part): string =>
  part instanceof Markup
    ? part.text
    : Array.isArray(part)
      ? part.map(render).join("")
      : String(part).replace(/[&<>"']/g, (character) => entities[character]!);

/**
 * Strings and numbers in it are escaped, for text and for quoted attributes alike; lists are
 * joined.
 */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(strings.map((text, i) => text + (i < parts.length ? render(parts[i]!) : "")).join(""));
