/** transformers' SiglipVisionModel over a compiled plan. */
import type { Plan } from "@sigil/spec";
import { nestOutputs, type LayerTensors } from "./outputs.ts";
import type { Tensor } from "./program.ts";
import { runVision, type SiglipVisionInputs } from "./run-vision.ts";
import { Session, type ProgramFactory } from "./session.ts";

/** What a vision tower may return. Generated bindings say which outputs exist, and their shapes. */
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

/** The types that generated bindings narrow. */
export interface SiglipVisionTypes {
  /** How pictures are given. */
  readonly inputs: object;
  readonly output: object;
}

export class SiglipVisionModel<
  T extends SiglipVisionTypes = { inputs: SiglipVisionInputs; output: SiglipVisionOutput },
> {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** Makes the model of a plan. `create` loads its programs. */
  static from(plan: Plan, create: ProgramFactory): SiglipVisionModel {
    return new SiglipVisionModel(new Session(plan, create));
  }

  /** Runs the tower. Throws InputError for pictures whose shape is not the compiled one. */
  async forward(inputs: T["inputs"]): Promise<T["output"]> {
    return nestOutputs(await this.outputs(inputs));
  }

  /** Like {@link forward}, but with the outputs under transformers' names. */
  outputs(inputs: T["inputs"]): Promise<Record<string, Tensor>> {
    return runVision(this.session, inputs as SiglipVisionInputs);
  }

  /** Frees memory and threads. */
  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
