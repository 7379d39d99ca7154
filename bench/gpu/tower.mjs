/** One tower of Sigil on the card. */
import { createCudaProgram, LoadedKernels, choosePath, openDevice } from "@sigil/runtime-cuda";
import { bindPlan, valueOf } from "@sigil/runtime/internal";
import { openModel, repeatedWeights, weightsOf } from "./open-model.mjs";
import { randomBytes, randomFloats, randomIds, randomOperand } from "./random.mjs";

const since = (begin) => performance.now() - begin;

export class SigilTower {
  #opened;
  #program;
  #planned;
  #times = [];
  #vocabulary;
  #operandTypes;

  /** `model`, `driver`: of openModel and openDevice. `exact`: no rows of weights repeated. */
  static async open(
    name,
    { model, driver, path = "auto", profile = false, exact = false, programmatic = false } = {},
  ) {
    const tower = new SigilTower();
    const artifact = openModel(name, model);
    tower.#vocabulary = artifact.plan.config.text_config?.vocab_size ?? 1;
    tower.#operandTypes = artifact.operandTypes ?? {};
    let begin = performance.now();
    tower.#opened = await openDevice(driver ? { driver } : {});
    tower.path = choosePath(artifact, tower.#opened, path);
    const openMilliseconds = since(begin);
    const image = await artifact.images[tower.path]();
    begin = performance.now();
    const kernels = await LoadedKernels.load(
      { ...artifact, images: { [tower.path]: async () => image } },
      tower.path,
      tower.#opened,
    );
    [tower.#planned] = artifact.plan.programs;
    if (programmatic && !(tower.#opened.programmaticEdges && kernels.programmatic))
      throw new Error(
        "--programmatic: launches overlap with hopper kernels and a driver of CUDA 12.3 or " +
          "newer only",
      );
    await kernels.take(
      [...tower.#planned.init, ...tower.#planned.launches].map(({ kernel }) => kernel),
    );
    /** Milliseconds until kernels are there: what a process pays before it reads weights. */
    tower.cold = { open: openMilliseconds, kernels: since(begin) };
    tower.flops = tower.#planned.flops;
    tower.mostBatch = Object.values(tower.#planned.symbols)[0];
    tower.imageBytes = image.length;
    tower.memory = { weights: tower.#planned.weightBytes, arena: tower.#planned.arenaBytes };
    tower.problems = Object.fromEntries(
      Object.entries(artifact.sources[tower.path]).map(([kernel, text]) => [
        kernel,
        describe(text),
      ]),
    );
    begin = performance.now();
    tower.#program = await createCudaProgram(
      tower.#planned,
      kernels,
      tower.#opened,
      bindPlan(artifact.plan, (exact ? weightsOf : repeatedWeights)(artifact.plan, 3)),
      {
        programmaticLaunch: programmatic,
        ...(profile && { onProfile: (_, times) => (tower.#times = times) }),
      },
    );
    tower.loadSeconds = since(begin) / 1e3;
    tower.device = tower.#opened.info;
    return tower;
  }

  symbols(batch) {
    return Object.fromEntries(Object.keys(this.#planned.symbols).map((symbol) => [symbol, batch]));
  }

  /** Random inputs, never zeros, others for another salt; those that a caller may leave out too. */
  inputs(batch, salt = 0) {
    return Object.fromEntries(
      this.#planned.inputs.map(({ name, dtype, shape, default: absent }) => {
        const count = shape.reduce(
          (product, extent) => product * valueOf(extent, this.symbols(batch)),
          1,
        );
        if (absent)
          return [
            name,
            dtype === "int32"
              ? Int32Array.from({ length: count }, (_, i) =>
                  absent === "positions" ? i % shape.at(-1) : 0,
                )
              : new Float32Array(count),
          ];
        if (this.#operandTypes[name])
          return [name, randomOperand(count, this.#operandTypes[name], salt)];
        if (dtype === "int32") return [name, randomIds(count, this.#vocabulary, salt)];
        return [name, dtype === "uint8" ? randomBytes(count, salt) : randomFloats(count, salt)];
      }),
    );
  }

  /** One run with transfers; also puts inputs in place for `times`. */
  async run(batch, inputs = this.inputs(batch)) {
    const begin = performance.now();
    const outputs = await this.#program.run(inputs, this.symbols(batch));
    return { milliseconds: since(begin), outputs };
  }

  /** Milliseconds of each forward by the card's clock. */
  async times(batch, count) {
    return (await this.#program.repeat(this.symbols(batch), count)).map(
      (microseconds) => microseconds / 1e3,
    );
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

/** What a kernel's file says of it in its first lines: the problem, and how it is computed. */
function describe(text) {
  const [problem, choice] = text.split("\n");
  return { problem: JSON.parse(problem.slice(3)), choice: choice.replace(/^\/\/ choice: /, "") };
}
