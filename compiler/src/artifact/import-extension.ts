import type { ModelSpec } from "@sigil/spec";

/** How a generated file ends the name of another: JavaScript needs its own extension. */
export const importExtension = ({
  emit,
  importExtension: extension,
}: Pick<ModelSpec, "emit" | "importExtension">): string =>
  emit === "js" ? ".js" : extension === "none" ? "" : `.${extension}`;
