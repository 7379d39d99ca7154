export * from "./weights/file-source.ts";
export * from "./weights/file-writer.ts";
export * from "./weights/open-safetensors-file.ts";
export * from "./weights/checkpoint.ts";
export { fileProblem } from "./weights/file-problem.ts";
export { foreignFormat } from "./weights/foreign-format.ts";
export { missingWeights, otherWeights } from "./weights/missing-weights.ts";
export * from "./image/decode/decode-node.ts";
export * from "./image/decode/load-image.ts";
