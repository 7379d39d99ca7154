/** The typed module as JavaScript with declarations, for tools that take no TypeScript. */
import { IndentationText, Project, ts } from "ts-morph";

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
};

/** The JavaScript and declarations that tsc makes of a file of bindings. It needs no other file. */
export function toJavaScript(bindings: string): { readonly js: string; readonly dts: string } {
  const project = new Project({
    useInMemoryFileSystem: true,
    manipulationSettings: { indentationText: IndentationText.TwoSpaces },
  });
  const formatted = (name: string, text: string): string => {
    const file = project.createSourceFile(name, text);
    file.formatText({ indentSize: 2 });
    return file.getFullText();
  };
  return {
    js: formatted("index.js", ts.transpileModule(bindings, { compilerOptions }).outputText),
    dts: formatted("index.d.ts", ts.transpileDeclaration(bindings, { compilerOptions }).outputText),
  };
}
