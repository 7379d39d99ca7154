/** Where the time of the last run went, stage after stage. */
import { stageNames, type StageName, type StageTimes } from "../classifier.ts";
import { create, element } from "../element.ts";
import { milliseconds } from "../format.ts";

const titles: Readonly<Record<StageName, string>> = {
  decode: "Decode",
  resize: "Resize",
  tokenise: "Tokenise",
  vision: "Vision tower",
  text: "Text tower",
  scores: "Scores",
};

/** Numbers that change faster than this cannot be read, in milliseconds. */
const readable = 250;

export class TimesView {
  readonly #rows: ReadonlyMap<
    StageName,
    {
      readonly row: HTMLTableRowElement;
      readonly bar: HTMLElement;
      readonly value: HTMLTableCellElement;
    }
  >;
  #shown = -Infinity;

  constructor(body: HTMLElement) {
    this.#rows = new Map(
      stageNames.map((name) => {
        const row = create("tr", {}, { "data-stage": name });
        const cell = create("td", { className: "span" });
        const bar = create("div");
        const value = create("td", { textContent: "–" });
        cell.append(bar);
        row.append(create("th", { scope: "row", textContent: titles[name] }), cell, value);
        body.append(row);
        return [name, { row, bar, value }] as const;
      }),
    );
  }

  /** `live`: one of many frames, of which only as many are shown as can be read. */
  show(times: StageTimes, live: boolean): void {
    const now = performance.now();
    if (live && now - this.#shown < readable) return;
    this.#shown = now;
    const total = Object.values(times).reduce((sum, ms) => sum + ms, 0);
    let begin = 0;
    for (const [name, { row, bar, value }] of this.#rows) {
      const ms = times[name];
      row.toggleAttribute("data-kept", ms === undefined);
      value.textContent = ms === undefined ? "known" : milliseconds(ms);
      bar.style.setProperty("--from", String(begin / total));
      bar.style.setProperty("--share", String((ms ?? 0) / total));
      begin += ms ?? 0;
    }
    element("total").textContent = milliseconds(total);
    element("total-name").textContent = live
      ? `Together, ${(1000 / total).toFixed(total > 200 ? 1 : 0)} pictures a second`
      : "Together";
  }
}
