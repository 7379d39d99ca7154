/** Picks the model class for a session whose kind is known only once it is open. */
import type { Plan, PlanKind } from "@sigil/spec";
import type { Session } from "./session.ts";
import { SiglipForImageClassification } from "./siglip-for-image-classification.ts";
import { SiglipModel } from "./siglip-model.ts";
import { SiglipVisionModel } from "./siglip-vision-model.ts";
import { Siglip2ForImageClassification, Siglip2Model, Siglip2VisionModel } from "./siglip2.ts";

/** Whether a model is NaFlex: it takes pictures of any aspect ratio, as patches. */
export const isNaflex = ({ kind }: Pick<Plan, "kind">): boolean => kind.startsWith("siglip2");

/** The kind of a model without its generation: what the model does. */
export const taskOf = ({ kind }: Pick<Plan, "kind">): PlanKind =>
  kind.replace(/^siglip2/, "siglip") as PlanKind;

/** The model with both towers. The plan must be of that kind. */
export const siglipModel = (session: Session): SiglipModel =>
  new (isNaflex(session.plan) ? Siglip2Model : SiglipModel)(session);

/** The vision tower, of a model with one tower or with both. */
export const visionModel = (session: Session): SiglipVisionModel =>
  new (isNaflex(session.plan) ? Siglip2VisionModel : SiglipVisionModel)(session);

/** The classifier. The plan must be of that kind. */
export const classifierModel = (session: Session): SiglipForImageClassification =>
  new (isNaflex(session.plan) ? Siglip2ForImageClassification : SiglipForImageClassification)(
    session,
  );
