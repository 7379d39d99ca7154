/** One tower of Sigil on the card. */
import { createCudaProgram, LoadedKernels, choosePath, openDevice } from "@sigil/runtime-cuda";
import { bindPlan } from "@sigil/runtime";
import { openModel, weightsOf } from "./open-model.mjs";

export class SigilTower {
  #opened;
  #program;
  #planned;
  #times = [];

  static async open(name, options = {}) {
    const tower = new SigilTower();
    const artifact = openModel(name);
    const begin = performance.now();
    tower.#opened = await openDevice(options);
    tower.path = choosePath(artifact, tower.#opened, options.path ?? "auto");
    const kernels = await LoadedKernels.load(artifact, tower.path, tower.#opened);
    [tower.#planned] = artifact.plan.programs;
    tower.flops = tower.#planned.flops;
    tower.#program = await createCudaProgram(tower.#planned, kernels, tower.#opened, bindPlan(artifact.plan, weightsOf(artifact.plan, 3)), { ...(options.profile && { onProfile: (_, times) => (tower.#times = times) }) });
    tower.loadSeconds = (performance.now() - begin) / 1e3;
    tower.device = tower.#opened.info;
    return tower;
  }

  symbols(batch) {
    return Object.fromEntries(Object.keys(this.#planned.symbols).map((symbol) => [symbol, batch]));
  }

  /** Random inputs, never zeros. */
  inputs(batch) {
    const most = Object.values(this.#planned.symbols)[0];
    return Object.fromEntries(
      this.#planned.inputs.filter((input) => !input.default).map(({ name, dtype, shape }) => {
        const count = shape.reduce((product, extent) => product * (typeof extent === "number" ? extent : extent.factor * batch ** extent.symbols.length), 1);
        if (dtype === "int32") return [name, Int32Array.from({ length: count }, (_, i) => (i * 7919) % 31999)];
        if (dtype === "uint8") return [name, Uint8Array.from({ length: count }, (_, i) => (Math.imul(i, 2654435761) >>> 24) & 255)];
        return [name, Float32Array.from({ length: count }, (_, i) => (Math.imul(i + most, 2654435761) >> 8) / 2 ** 23)];
      }),
    );
  }

  /** Every input, those that a caller may leave out too. */
  #complete(batch) {
    const given = this.inputs(batch);
    for (const { name, dtype, shape, default: absent } of this.#planned.inputs) {
      if (!absent) continue;
      const count = shape.reduce((product, extent) => product * (typeof extent === "number" ? extent : extent.factor * batch ** extent.symbols.length), 1);
      given[name] = dtype === "int32" ? Int32Array.from({ length: count }, (_, i) => (absent === "positions" ? i % shape.at(-1) : 0)) : new Float32Array(count);
    }
    return given;
  }

  /** One run with transfers; also puts inputs in place for `times`. Milliseconds from host to host. */
  async run(batch) {
    const inputs = this.#complete(batch);
    const begin = performance.now();
    await this.#program.run(inputs, this.symbols(batch));
    return performance.now() - begin;
  }

  /** Milliseconds of each forward by the card's clock. */
  async times(batch, count) {
    return (await this.#program.repeat(this.symbols(batch), count)).map((microseconds) => microseconds / 1e3);
  }

  /** Microseconds of each launch of the last run, of a tower opened with `profile`. */
  launches() {
    return this.#times;
  }

  async close() {
    await this.#program.dispose();
    await this.#opened.native.close();
  }
}
