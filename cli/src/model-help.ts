/** What several commands say of the same option. */
export const modelHelp =
  "checkpoint folder, Hub id (org/name[@revision]), spec, or folder of a compiled module";
export const checkpointHelp =
  "folder or Hub id that the weights and settings of a spec or a compiled module come from";
export const towerHelp =
  "one tower alone, also that of a larger model, such as PaliGemma or LLaVA-OneVision";

export const patchesHelp = "patches of the largest picture, of a NaFlex model";
