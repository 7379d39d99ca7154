import { RequestError } from "./http-error.ts";
import type { ServedModel } from "./served-model.ts";

/** The models of a server, by name. */
export class Models {
  readonly #models: ReadonlyMap<string, ServedModel>;

  constructor(models: readonly ServedModel[]) {
    this.#models = new Map(models.map((model) => [model.name, model]));
  }

  get names(): readonly string[] {
    return [...this.#models.keys()];
  }

  /** The model with this name; without a name, the only model. Throws RequestError. */
  find(name?: string): ServedModel {
    const model =
      name === undefined && this.#models.size === 1
        ? this.#models.values().next().value
        : this.#models.get(name ?? "");
    if (model) return model;
    throw name === undefined
      ? new RequestError("bad-request", `name one of the models: ${this.names.join(", ")}`)
      : new RequestError(
          "unknown-model",
          `no model ${JSON.stringify(name)} here; there are ${this.names.join(", ")}`,
        );
  }
}
