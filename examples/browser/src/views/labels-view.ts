/**
 * The list of labels: each a field to type in, with its probability beside it. Rows stay where they
 * are, so that typing is never moved.
 */
import { create } from "../element.ts";
import { percent } from "../format.ts";

interface Row {
  readonly item: HTMLLIElement;
  readonly input: HTMLInputElement;
  readonly meter: HTMLDivElement;
  readonly value: HTMLSpanElement;
  readonly remove: HTMLButtonElement;
}

export class LabelsView {
  readonly #list: HTMLElement;
  readonly #onChange: () => void;
  #rows: readonly Row[] = [];

  constructor(
    list: HTMLElement,
    add: HTMLButtonElement,
    labels: readonly string[],
    onChange: () => void,
  ) {
    this.#list = list;
    this.#onChange = onChange;
    for (const label of labels) this.#insert(this.#rows.length, label);
    add.addEventListener("click", () => this.#insert(this.#rows.length, "").input.focus());
  }

  /** What is written, without empty rows and without a second of the same. */
  get labels(): readonly string[] {
    return [
      ...new Set(this.#rows.map(({ input }) => input.value.trim()).filter((label) => label !== "")),
    ];
  }

  /** Shows the probability of each label; a label without one is still being computed. */
  show(scores: ReadonlyMap<string, number>): void {
    const best = Math.max(...scores.values());
    this.#rows.forEach(({ item, input, meter, value }) => {
      const label = input.value.trim();
      const score = scores.get(label);
      item.toggleAttribute("data-best", score !== undefined && score === best);
      if (score === undefined) {
        delete item.dataset.score;
        value.textContent = label === "" ? "" : "–";
        meter.style.setProperty("--score", "0");
        meter.removeAttribute("aria-valuenow");
        meter.setAttribute("aria-valuetext", "not known yet");
        return;
      }
      item.dataset.score = String(score);
      value.textContent = percent(score);
      meter.style.setProperty("--score", String(score));
      meter.setAttribute("aria-valuenow", (100 * score).toFixed(1));
      meter.setAttribute("aria-valuetext", percent(score));
    });
  }

  #insert(at: number, label: string): Row {
    const input = create("input", {
      type: "text",
      value: label,
      autocomplete: "off",
      spellcheck: false,
      enterKeyHint: "next",
      placeholder: "a label",
    });
    const meter = create(
      "div",
      { className: "meter" },
      {
        role: "meter",
        "aria-valuemin": "0",
        "aria-valuemax": "100",
        "aria-valuetext": "not known yet",
      },
    );
    const value = create(
      "span",
      { className: "value", textContent: label === "" ? "" : "–" },
      { "aria-hidden": "true" },
    );
    const remove = create("button", { type: "button", className: "remove" });
    const item = create("li");
    item.append(input, meter, value, remove);
    const row: Row = { item, input, meter, value, remove };
    input.addEventListener("input", () => {
      this.#name();
      this.#onChange();
    });
    input.addEventListener("keydown", (event) => this.#key(event, row));
    remove.addEventListener("click", () => this.#remove(row));
    this.#rows = this.#rows.toSpliced(at, 0, row);
    this.#list.insertBefore(item, this.#list.children[at] ?? null);
    this.#name();
    return row;
  }

  #key(event: KeyboardEvent, row: Row): void {
    // An input method uses these keys while it composes a word.
    if (event.isComposing) return;
    const at = this.#rows.indexOf(row);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1 }[event.key];
    if (event.key === "Enter") this.#insert(at + 1, "").input.focus();
    else if (event.key === "Backspace" && row.input.value === "" && this.#rows.length > 1)
      this.#remove(row);
    else if (to !== undefined && this.#rows[to]) this.#rows[to].input.focus();
    else return;
    event.preventDefault();
  }

  #remove(row: Row): void {
    const at = this.#rows.indexOf(row);
    this.#rows = this.#rows.toSpliced(at, 1);
    row.item.remove();
    this.#name();
    // The focus goes where one would go on typing.
    (this.#rows[Math.max(0, at - 1)]?.input ?? this.#list).focus();
    this.#onChange();
  }

  /** What assistive technology calls each part. */
  #name(): void {
    this.#rows.forEach(({ input, meter, remove }, i) => {
      const label = input.value.trim() || `label ${i + 1}`;
      input.setAttribute("aria-label", `Label ${i + 1}`);
      meter.setAttribute("aria-label", `Probability of ${label}`);
      remove.setAttribute("aria-label", `Remove ${label}`);
    });
  }
}
