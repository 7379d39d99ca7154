export * from "./weights/file-source.ts";
export * from "./weights/file-writer.ts";
export * from "./weights/checkpoint.ts";
export * from "./image/decode-node.ts";
