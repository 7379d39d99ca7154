/** Help texts that several commands share. */
export const specHelp = "spec, config.json, checkpoint folder, or Hub id (org/name[@revision])";
export const modelHelp =
  "checkpoint folder, Hub id (org/name[@revision]), spec, or folder of a compiled module";
export const checkpointHelp =
  "checkpoint folder or Hub id with the weights and settings of a spec or a compiled module";
export const towerHelp =
  "use only this tower; works for larger models too, such as PaliGemma or LLaVA-OneVision";

export const patchesHelp = "for NaFlex models: the most patches a picture may have";
