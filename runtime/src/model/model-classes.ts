/** The classes for a session whose kind is known only when it is open, NaFlex or not. */
import type { Plan, PlanKind } from "@sigil/spec";
import type { Session } from "./session.ts";
import { SiglipForImageClassification } from "./siglip-for-image-classification.ts";
import { SiglipModel } from "./siglip-model.ts";
import { SiglipVisionModel } from "./siglip-vision-model.ts";
import { Siglip2ForImageClassification, Siglip2Model, Siglip2VisionModel } from "./siglip2.ts";

/** Whether a model takes patches of pictures of any aspect ratio. */
export const isNaflex = ({ kind }: Pick<Plan, "kind">): boolean => kind.startsWith("siglip2");

/** The kind without the generation: what the model does. */
export const taskOf = ({ kind }: Pick<Plan, "kind">): PlanKind =>
  kind.replace(/^siglip2/, "siglip") as PlanKind;

/** Both towers, of a plan of that kind. */
export const siglipModel = (session: Session): SiglipModel =>
  new (isNaflex(session.plan) ? Siglip2Model : SiglipModel)(session);

/** The vision tower, alone or of a model with both. */
export const visionModel = (session: Session): SiglipVisionModel =>
  new (isNaflex(session.plan) ? Siglip2VisionModel : SiglipVisionModel)(session);

/** The classifier, of a plan of that kind. */
export const classifierModel = (session: Session): SiglipForImageClassification =>
  new (isNaflex(session.plan) ? Siglip2ForImageClassification : SiglipForImageClassification)(
    session,
  );
