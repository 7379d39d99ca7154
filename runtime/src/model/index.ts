export * from "./program.ts";
export * from "./siglip-model.ts";
