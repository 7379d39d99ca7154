/**
 * transformers' Siglip2 models (NaFlex). They are SigLIP models that take the patches of pictures
 * of any aspect ratio.
 */
import { NaflexTower, type Siglip2VisionInputs } from "./naflex.ts";
import type { Plan } from "@sigil/spec";
import type { Tensor } from "./program.ts";
import { Session, type ProgramFactory } from "./session.ts";
import {
  SiglipForImageClassification,
  type SiglipClassificationOutput,
} from "./siglip-for-image-classification.ts";
import { SiglipModel, type SiglipTypes } from "./siglip-model.ts";
import type { SiglipTextOutput } from "./siglip-text-model.ts";
import {
  SiglipVisionModel,
  type SiglipVisionOutput,
  type SiglipVisionTypes,
} from "./siglip-vision-model.ts";

/** The types without generated bindings. */
export interface UntypedSiglip2 {
  vision: { inputs: Siglip2VisionInputs; output: SiglipVisionOutput };
  text: { output: SiglipTextOutput };
  features: Tensor;
}

export class Siglip2VisionModel<
  T extends SiglipVisionTypes = UntypedSiglip2["vision"],
> extends SiglipVisionModel<T> {
  readonly #tower: NaflexTower;

  constructor(session: Session) {
    super(session);
    this.#tower = new NaflexTower(session);
  }

  /** The model of a plan whose programs `create` loads. */
  static override from(plan: Plan, create: ProgramFactory): Siglip2VisionModel {
    return new Siglip2VisionModel(new Session(plan, create));
  }

  override outputs(inputs: T["inputs"]): Promise<Record<string, Tensor>> {
    return this.#tower.run(inputs as Siglip2VisionInputs);
  }
}

export class Siglip2Model<T extends SiglipTypes = UntypedSiglip2> extends SiglipModel<T> {
  constructor(session: Session) {
    super(session, new Siglip2VisionModel<T["vision"]>(session));
  }

  /** The model of a plan whose programs `create` loads. */
  static override from(plan: Plan, create: ProgramFactory): Siglip2Model {
    return new Siglip2Model(new Session(plan, create));
  }
}

export class Siglip2ForImageClassification<
  T extends SiglipVisionTypes = { inputs: Siglip2VisionInputs; output: SiglipClassificationOutput },
  Label extends string = string,
> extends SiglipForImageClassification<T, Label> {
  readonly #tower: NaflexTower;

  constructor(session: Session) {
    super(session);
    this.#tower = new NaflexTower(session);
  }

  /** The model of a plan whose programs `create` loads. */
  static override from(plan: Plan, create: ProgramFactory): Siglip2ForImageClassification {
    return new Siglip2ForImageClassification(new Session(plan, create));
  }

  protected override outputs(inputs: T["inputs"]): Promise<Record<string, Tensor>> {
    return this.#tower.run(inputs as Siglip2VisionInputs);
  }
}
