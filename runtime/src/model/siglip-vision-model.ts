/** transformers' SiglipVisionModel over a compiled plan. */
import { InputError } from "./input-error.ts";
import { nestOutputs, type LayerTensors } from "./outputs.ts";
import type { Tensor } from "./program.ts";
import { Session, type ProgramFactory } from "./session.ts";
import type { Plan } from "@sigil/spec";

/** What a vision tower may return; generated bindings say which of it exists and in which shape. */
export interface SiglipVisionOutput {
  /** `last_hidden_state`: `[batch, patches, hidden]`, after the final norm. */
  readonly lastHiddenState?: Tensor;
  /** `pooler_output`: `[batch, hidden]`, not normalised. */
  readonly poolerOutput?: Tensor;
  /** `hidden_states`: the embeddings, then each layer's output, before the final norm. */
  readonly hiddenStates?: LayerTensors;
  /** `attentions`: per layer `[batch, heads, patches, patches]`, after softmax. */
  readonly attentions?: LayerTensors;
}

/** The types that bindings narrow. */
export interface SiglipVisionTypes {
  readonly pixelValues: Tensor;
  readonly output: object;
}

export class SiglipVisionModel<T extends SiglipVisionTypes = { pixelValues: Tensor; output: SiglipVisionOutput }> {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** The model of a plan whose programs `create` loads. */
  static from(plan: Plan, create: ProgramFactory): SiglipVisionModel {
    return new SiglipVisionModel(new Session(plan, create));
  }

  /** `pixelValues`: `pixel_values`, `[batch, channels, height, width]` float32. Throws InputError for any other shape. */
  async forward({ pixelValues }: { readonly pixelValues: T["pixelValues"] }): Promise<T["output"]> {
    return nestOutputs(await runVision(this.session, pixelValues));
  }

  /** Frees memory and threads. */
  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

/** Runs the program that takes `pixel_values`; outputs under transformers' names. */
export async function runVision(session: Session, pixelValues: Tensor): Promise<Record<string, Tensor>> {
  const program = session.programOf("pixel_values");
  const planned = program.inputs.find(({ name }) => name === "pixel_values")!;
  const shape = pixelValues?.shape;
  if (!Array.isArray(shape) || shape.length !== 4) throw new InputError(`pixel_values: expected [batch, channels, height, width], received ${shape ? `[${shape.join(", ")}]` : String(pixelValues)}`);
  const [, channels, height, width] = planned.shape as number[];
  if (shape[1] === channels && (shape[2] !== height || shape[3] !== width))
    throw new InputError(`pixel_values: expected ${height}x${width} pixels, received ${shape[2]}x${shape[3]}; resize the pictures, or compile with interpolate_pos_encoding and this image_size`);
  return session.run(program, { pixel_values: pixelValues }, { image_batch: shape[0]! });
}
