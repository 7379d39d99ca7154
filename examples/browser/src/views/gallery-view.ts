/** The pictures to choose from: radio buttons, so that arrow keys walk through them. */
import { create } from "../element.ts";
import type { Still } from "../pictures/still.ts";

interface Entry {
  readonly still: Still;
  readonly label: HTMLLabelElement;
  readonly input: HTMLInputElement;
}

export class GalleryView {
  readonly #element: HTMLElement;
  readonly #onSelect: (still: Still) => void;
  #entries: readonly Entry[] = [];

  constructor(element: HTMLElement, onSelect: (still: Still) => void) {
    this.#element = element;
    this.#onSelect = onSelect;
  }

  /** Adds pictures in front of those that are there. */
  add(stills: readonly Still[]): void {
    const entries = stills.map((still): Entry => {
      const input = create("input", { type: "radio", name: "picture" });
      const label = create("label", { title: still.name });
      label.append(
        input,
        create("img", { src: still.url, alt: still.name, loading: "lazy", decoding: "async" }),
      );
      input.addEventListener("change", () => this.#onSelect(still));
      return { still, label, input };
    });
    this.#entries = [...entries, ...this.#entries];
    this.#element.prepend(...entries.map(({ label }) => label));
  }

  /** Selects a picture as a click on it does. */
  select(still: Still): void {
    const entry = this.#entries.find((one) => one.still === still);
    if (!entry) return;
    entry.input.checked = true;
    this.#onSelect(still);
  }

  /** Nothing is selected, for example while the camera runs. */
  deselect(): void {
    for (const { input } of this.#entries) input.checked = false;
  }

  /** Takes a picture away, one that does not decode. */
  remove(still: Still): void {
    const entry = this.#entries.find((one) => one.still === still);
    entry?.label.remove();
    this.#entries = this.#entries.filter((one) => one !== entry);
    still.dispose();
  }
}
