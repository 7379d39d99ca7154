/** Everything, for the packages of Sigil and its tests: any release may change it. */
/** Reads the JSON files of checkpoints, which JSON.parse refuses where they hold `Infinity`. */
export { parsePythonJson } from "@sigil/spec/shared";
export * from "./tokenizer/index.ts";
export * from "./model/index.ts";
export * from "./pipelines/zero-shot-image-classification.ts";
export * from "./pipelines/image-classification.ts";
export * from "./pipelines/tasks.ts";
export type { Pictures } from "./pipelines/pictures.ts";
export * from "./weights/index.ts";
export * from "./image/index.ts";
export * from "./processor/model-processor.ts";
export * from "./processor/siglip-processor.ts";
export * from "./processor/siglip2-processor.ts";
export * from "./remote/index.ts";
export type { GlobalClass } from "./platform.ts";
export { SigilError } from "@sigil/spec/shared";
