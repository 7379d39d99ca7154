/** transformers' SiglipForImageClassification over a compiled plan. */
import type { Plan } from "@sigil/spec";
import { classificationLoss, inferProblemType, type Labels, type ProblemType } from "./losses.ts";
import { compiled } from "./compiled.ts";
import { nestOutputs, type LayerTensors } from "./outputs.ts";
import type { Tensor } from "./program.ts";
import { runVision, type SiglipVisionInputs } from "./run-vision.ts";
import { Session, type ProgramFactory } from "./session.ts";
import type { SiglipVisionTypes } from "./siglip-vision-model.ts";

/** What the classifier may return. Generated bindings say which outputs exist, and their shapes. */
export interface SiglipClassificationOutput {
  /** `[batch, labels]`. */
  readonly logits: Tensor;
  /** `hidden_states`: the embeddings, then each layer's output, before the final norm. */
  readonly hiddenStates?: LayerTensors;
  /** `attentions`: per layer `[batch, heads, patches, patches]`, after softmax. */
  readonly attentions?: LayerTensors;
}

/** What `labels` add to the output. One signature keeps the messages of type errors short. */
type WithLoss<Given extends Labels | undefined> = [Given] extends [undefined]
  ? unknown
  : [Given] extends [Labels]
    ? { readonly loss: number }
    : { readonly loss?: number };

export class SiglipForImageClassification<
  T extends SiglipVisionTypes = { inputs: SiglipVisionInputs; output: SiglipClassificationOutput },
  Label extends string = string,
> {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** Makes the model of a plan. `create` loads its programs. */
  static from(plan: Plan, create: ProgramFactory): SiglipForImageClassification {
    return new SiglipForImageClassification(new Session(plan, create));
  }

  /** `id2label`: the labels in the order of the logits. */
  get labels(): readonly Label[] {
    return Object.values(this.session.plan.config.id2label as Record<string, Label>);
  }

  /**
   * Classifies pictures. With `labels` it also returns the loss. The config's `problem_type`
   * decides which loss; without one it is inferred from the labels as in transformers. Throws
   * InputError for a model that was compiled without logits.
   */
  async forward<Given extends Labels | undefined = undefined>({
    labels: given,
    ...inputs
  }: T["inputs"] & { readonly labels?: Given }): Promise<T["output"] & WithLoss<Given>> {
    // The caller may change its labels while pictures are computed.
    const labels = Array.isArray(given)
      ? (given.map((row) => (Array.isArray(row) ? [...row] : row)) as unknown as Labels)
      : given;
    const outputs = await this.outputs(inputs);
    const logits = compiled(this.session.plan, "logits", outputs.logits);
    if (labels === undefined) return nestOutputs(outputs) as T["output"] & WithLoss<Given>;
    const problem =
      (this.session.plan.config.problem_type as ProblemType | null | undefined) ??
      inferProblemType(labels, logits.shape[1]!);
    return {
      ...nestOutputs(outputs),
      loss: classificationLoss(logits, labels, problem),
    } as T["output"] & WithLoss<Given>;
  }

  /** The outputs of the program under transformers' names. */
  protected outputs(inputs: T["inputs"]): Promise<Record<string, Tensor>> {
    return runVision(this.session, inputs as SiglipVisionInputs);
  }

  /** Frees memory and threads. */
  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
