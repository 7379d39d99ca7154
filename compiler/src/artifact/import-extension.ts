import type { ModelSpec } from "@sigil/spec";

/** The extension with which generated files import each other. JavaScript always needs `.js`. */
export const importExtension = ({
  emit,
  importExtension: extension,
}: Pick<ModelSpec, "emit" | "importExtension">): string =>
  emit === "js" ? ".js" : extension === "none" ? "" : `.${extension}`;
