/** Modules that export one value, so that tsc, bundlers and browsers need no loader for it. */
import type { ModelSpec } from "@sigil/spec";

/** A module without its extension, and the value that it exports. */
export interface ValueModule {
  readonly name: string;
  readonly header: string;
  readonly imports: readonly string[];
  readonly exported: string;
  readonly type: string;
  /** Package that has the type. */
  readonly runtime: string;
  /** The value as an expression of JavaScript. */
  readonly value: string;
}

/** The files of the module, by name: TypeScript, or JavaScript with its declaration. */
export function valueModule(
  { name, header, imports, exported, type, runtime, value }: ValueModule,
  emit: ModelSpec["emit"],
): Readonly<Record<string, string>> {
  const typed = `import type { ${type} } from "${runtime}";`;
  if (emit === "ts")
    return {
      [`${name}.ts`]: [
        header,
        ...imports,
        typed,
        "",
        `export const ${exported}: ${type} = ${value};`,
        "",
      ].join("\n"),
    };
  return {
    [`${name}.js`]: [
      header,
      ...imports,
      ...(imports.length > 0 ? [""] : []),
      `export const ${exported} = ${value};`,
      "",
    ].join("\n"),
    [`${name}.d.ts`]: [header, typed, "", `export declare const ${exported}: ${type};`, ""].join(
      "\n",
    ),
  };
}
