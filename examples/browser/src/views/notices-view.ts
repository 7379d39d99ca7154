/**
 * What people are told beside the page's own texts: one notice per subject, each until it is
 * dismissed or replaced.
 */
import { create } from "../element.ts";

export interface Notice {
  readonly kind: "error" | "info";
  readonly title: string;
  /** What to do about it, or what was done. */
  readonly detail?: string;
  readonly issues?: readonly string[];
  /** A command to copy. */
  readonly command?: string;
  /** What the runtime said, word for word. */
  readonly technical?: string;
}

export class NoticesView {
  readonly #element: HTMLElement;
  readonly #shown = new Map<string, HTMLElement>();

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  show(subject: string, { kind, title, detail, issues = [], command, technical }: Notice): void {
    this.clear(subject);
    const box = create(
      "div",
      { className: "notice" },
      { "data-kind": kind, "data-subject": subject, role: kind === "error" ? "alert" : "status" },
    );
    const text = create("div", { className: "notice-text" });
    text.append(create("p", { className: "notice-title", textContent: title }));
    if (detail) text.append(create("p", { textContent: detail }));
    if (command) text.append(commandOf(command));
    if (issues.length > 0) {
      const list = create("ul");
      list.append(...issues.map((issue) => create("li", { textContent: issue })));
      if (issues.length <= 3) text.append(list);
      else text.append(folded(`All ${issues.length} of them`, list));
    }
    if (technical && technical !== detail && technical !== title)
      text.append(folded("What the runtime said", create("p", { textContent: technical })));
    const dismiss = create(
      "button",
      { type: "button", className: "remove" },
      { "aria-label": `Dismiss: ${title}` },
    );
    dismiss.addEventListener("click", () => this.clear(subject));
    box.append(text, dismiss);
    this.#shown.set(subject, box);
    this.#element.append(box);
  }

  clear(subject: string): void {
    this.#shown.get(subject)?.remove();
    this.#shown.delete(subject);
  }
}

function folded(summary: string, content: HTMLElement): HTMLElement {
  const details = create("details");
  details.append(create("summary", { textContent: summary }), content);
  return details;
}

function commandOf(command: string): HTMLElement {
  const line = create("div", { className: "command" });
  const copy = create("button", { type: "button", className: "plain", textContent: "Copy" });
  copy.addEventListener("click", async () => {
    copy.textContent = await navigator.clipboard.writeText(command).then(
      () => "Copied",
      () => "Select it to copy",
    );
  });
  line.append(create("code", { textContent: command }), copy);
  return line;
}
