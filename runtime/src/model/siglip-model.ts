/** Runs the programs of a compiled SigLIP: towers apart or together, any batch. */
import type { Plan, PlannedProgram } from "@sigil/spec";
import type { Program, Tensor } from "./program.ts";

/** What a caller gave that the model cannot run: for which tensor, what was expected, what was received. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** Outputs of one tower under transformers' names. */
export type TowerOutput = Readonly<Record<string, Tensor>>;

export type ProgramFactory = (program: PlannedProgram) => Promise<Program>;

/** SiglipModel. A tower is loaded when it is first used, so that image features need no text weights. */
export class SiglipModel {
  readonly plan: Plan;
  readonly #create: ProgramFactory;
  readonly #programs = new Map<string, Promise<Program>>();
  #disposed = false;

  constructor(plan: Plan, create: ProgramFactory) {
    this.plan = plan;
    this.#create = create;
  }

  /** The vision tower (`SiglipVisionModel`). `pixelValues` is `[batch, channels, height, width]`, float32. */
  async vision(pixelValues: Tensor): Promise<TowerOutput> {
    return this.#run(this.#find("pixel_values"), { pixel_values: pixelValues }, { image_batch: pixelValues.shape[0]! });
  }

  /** The text tower (`SiglipTextModel`). One row of ids per text, each as long as the compiled text length. */
  async text(inputIds: readonly (readonly number[])[]): Promise<TowerOutput> {
    const program = this.#find("input_ids");
    const length = program.inputs[0]!.shape[1] as number;
    inputIds.forEach((row, i) => {
      if (row.length !== length) throw new InputError(`input_ids: expected ${length} ids a text, received ${row.length} in row ${i}; pad with padding "max_length" and truncate to ${length}`);
    });
    const gather = program.gathers[0]!;
    const words = this.plan.tensors[gather.table]![0]!;
    const ids = Int32Array.from(inputIds.flat());
    const wrong = inputIds.flat().findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < words));
    if (wrong >= 0) throw new InputError(`input_ids: expected integers from 0 to ${words - 1}, received ${inputIds.flat()[wrong]} in row ${Math.floor(wrong / length)}`);
    return this.#run(program, { input_ids: { data: ids, shape: [inputIds.length, length] } }, { text_batch: inputIds.length });
  }

  /** `get_image_features`: the pooled, unnormalised embedding, `[batch, width]`. */
  async getImageFeatures(pixelValues: Tensor): Promise<Tensor> {
    return (await this.vision(pixelValues)).pooler_output!;
  }

  /** `get_text_features`: the pooled, unnormalised embedding, `[batch, width]`. */
  async getTextFeatures(inputIds: readonly (readonly number[])[]): Promise<Tensor> {
    return (await this.text(inputIds)).pooler_output!;
  }

  /** `logits_per_image`, `logits_per_text` and the normalised embeddings, from features of both towers. */
  async scores(imageFeatures: Tensor, textFeatures: Tensor): Promise<TowerOutput> {
    const program = this.#find("image_features");
    const [images, texts] = [imageFeatures.shape[0]!, textFeatures.shape[0]!];
    const [mostImages, mostTexts] = [program.symbols.image_batch!, program.symbols.text_batch!];
    if (images <= mostImages && texts <= mostTexts) return this.#run(program, { image_features: imageFeatures, text_features: textFeatures }, { image_batch: images, text_batch: texts });
    const perImage = new Float32Array(images * texts);
    const imageEmbeds = new Float32Array(imageFeatures.data.length);
    const textEmbeds = new Float32Array(textFeatures.data.length);
    const width = imageFeatures.shape[1]!;
    for (let i = 0; i < images; i += mostImages)
      for (let t = 0; t < texts; t += mostTexts) {
        const [m, n] = [Math.min(mostImages, images - i), Math.min(mostTexts, texts - t)];
        const part = await this.#run(
          program,
          { image_features: { data: imageFeatures.data.subarray(i * width, (i + m) * width), shape: [m, width] }, text_features: { data: textFeatures.data.subarray(t * width, (t + n) * width), shape: [n, width] } },
          { image_batch: m, text_batch: n },
        );
        for (let r = 0; r < m; r++) perImage.set(part.logits_per_image!.data.subarray(r * n, (r + 1) * n), (i + r) * texts + t);
        imageEmbeds.set(part.image_embeds!.data, i * width);
        textEmbeds.set(part.text_embeds!.data, t * width);
      }
    const perText = new Float32Array(images * texts);
    for (let i = 0; i < images; i++) for (let t = 0; t < texts; t++) perText[t * images + i] = perImage[i * texts + t]!;
    return {
      logits_per_image: { data: perImage, shape: [images, texts] },
      logits_per_text: { data: perText, shape: [texts, images] },
      image_embeds: { data: imageEmbeds, shape: imageFeatures.shape },
      text_embeds: { data: textEmbeds, shape: textFeatures.shape },
    };
  }

  /** Frees every program; using the model afterwards is an InputError. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const program of this.#programs.values()) await (await program).dispose();
    this.#programs.clear();
  }

  #find(input: string): PlannedProgram {
    const program = this.plan.programs.find((p) => p.inputs.some(({ name }) => name === input));
    if (!program) throw new InputError(`${this.plan.name} was compiled without a program that takes ${input}`);
    return program;
  }

  /** Runs a program on a batch of any size: what exceeds the planned maximum goes in several runs. */
  async #run(program: PlannedProgram, inputs: Readonly<Record<string, { readonly data: Float32Array | Int32Array; readonly shape: readonly number[] }>>, symbols: Readonly<Record<string, number>>): Promise<TowerOutput> {
    if (this.#disposed) throw new InputError(`${this.plan.name} was disposed`);
    for (const { name, shape } of program.inputs) {
      const given = inputs[name]!;
      const expected = shape.map((extent) => (typeof extent === "number" ? extent : extent.symbols.reduce((n, s) => n * symbols[s]!, extent.factor)));
      if (expected.join() !== given.shape.join()) throw new InputError(`${name}: expected shape [${expected.join(", ")}], received [${given.shape.join(", ")}]`);
      if (given.data.length !== expected.reduce((a, b) => a * b, 1)) throw new InputError(`${name}: expected ${expected.reduce((a, b) => a * b, 1)} values, received ${given.data.length}`);
    }
    for (const [symbol, value] of Object.entries(symbols)) if (!(value >= 1)) throw new InputError(`${symbol}: expected at least 1, received ${value}`);
    let loaded = this.#programs.get(program.name);
    if (!loaded) {
      loaded = this.#create(program);
      this.#programs.set(program.name, loaded);
      loaded.catch(() => this.#programs.delete(program.name));
    }
    const instance = await loaded;
    const entries = Object.entries(symbols);
    const [symbol, total] = entries[0]!;
    const most = program.symbols[symbol]!;
    if (entries.length > 1 || total <= most) return instance.run(Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data])), symbols);
    const parts: TowerOutput[] = [];
    for (let begin = 0; begin < total; begin += most) {
      const count = Math.min(most, total - begin);
      const slice = Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data.subarray((data.length / total) * begin, (data.length / total) * (begin + count))]));
      parts.push(await instance.run(slice, { [symbol]: count }));
    }
    return Object.fromEntries(
      Object.keys(parts[0]!).map((name) => {
        const data = new Float32Array(parts.reduce((n, part) => n + part[name]!.data.length, 0));
        let at = 0;
        for (const part of parts) {
          data.set(part[name]!.data, at);
          at += part[name]!.data.length;
        }
        return [name, { data, shape: [total, ...parts[0]![name]!.shape.slice(1)] }];
      }),
    );
  }
}
