/** Where the model runs and why, the choice between backends, and progress while it loads. */
import type { BackendChoice, BackendOptions } from "@sigil/runtime";
import { element } from "../element.ts";
import { whyNoWebGpu } from "../explain.ts";
import { megabytes } from "../format.ts";

export type BackendWish = NonNullable<BackendOptions["backend"]>;

export class EngineView {
  readonly #summary = element("engine-summary");
  readonly #reason = element("engine-reason");
  readonly #progress = element<HTMLProgressElement>("engine-progress");
  readonly #card = element("engine");
  readonly #radios = [...element("backends").querySelectorAll("input")];

  constructor(onWish: (wish: BackendWish) => void, onCancel: () => void) {
    for (const radio of this.#radios)
      radio.addEventListener("change", () => onWish(radio.value as BackendWish));
    element("engine-cancel").addEventListener("click", onCancel);
  }

  set wish(wish: BackendWish) {
    for (const radio of this.#radios) radio.checked = radio.value === wish;
  }

  /** Without bytes: before the first are here. */
  loading(what: string, loaded?: number, total?: number): void {
    this.#say("loading", what);
    this.#card.setAttribute("aria-busy", "true");
    if (loaded === undefined || !total) {
      this.#progress.removeAttribute("value");
      this.#reason.textContent = "";
      return;
    }
    this.#progress.value = loaded / total;
    this.#reason.textContent = `${megabytes(loaded)} of ${megabytes(total)}`;
  }

  /** Of one tower. */
  readying(done: number, total: number): void {
    if (this.#progress.value === 1)
      this.#reason.textContent = `Readying the kernels: ${done} of ${total}`;
  }

  /** `backend` as the session describes it. */
  ready({ backend, reason }: BackendChoice, description: string, wish: BackendWish): void {
    this.#card.setAttribute("aria-busy", "false");
    const detail = description.replace(/^\w+: /, "");
    this.#say(
      "ready",
      `Running on ${backend === "webgpu" ? `WebGPU: ${detail}` : `the CPU: ${detail}`}`,
    );
    this.#reason.textContent =
      wish !== "auto"
        ? "As you chose."
        : backend === "webgpu"
          ? "Chosen because this device has a GPU that the browser lets pages use."
          : `Chosen because ${whyNoWebGpu(reason)}`;
  }

  stopped(why: string): void {
    this.#card.setAttribute("aria-busy", "false");
    this.#say("stopped", "Not running");
    this.#reason.textContent = why;
  }

  #say(state: string, text: string): void {
    this.#summary.dataset.state = state;
    if (this.#summary.textContent !== text) this.#summary.textContent = text;
  }
}
