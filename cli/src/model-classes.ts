/** The runtime's classes for a session, NaFlex or not: what commands do with either is the same. */
import {
  Siglip2ForImageClassification,
  Siglip2Model,
  Siglip2VisionModel,
  SiglipForImageClassification,
  SiglipModel,
  SiglipVisionModel,
  type Session,
} from "@sigil/runtime";
import type { Plan, PlanKind } from "@sigil/spec";

export const isNaflex = ({ kind }: Pick<Plan, "kind">): boolean => kind.startsWith("siglip2");

/** The kind without the generation: what the model does. */
export const taskOf = ({ kind }: Pick<Plan, "kind">): PlanKind =>
  kind.replace(/^siglip2/, "siglip") as PlanKind;

export const siglipModel = (session: Session): SiglipModel =>
  new (isNaflex(session.plan) ? Siglip2Model : SiglipModel)(session);

export const visionModel = (session: Session): SiglipVisionModel =>
  new (isNaflex(session.plan) ? Siglip2VisionModel : SiglipVisionModel)(session);

export const classifierModel = (session: Session): SiglipForImageClassification =>
  new (isNaflex(session.plan) ? Siglip2ForImageClassification : SiglipForImageClassification)(
    session,
  );
