/** Names that a stranger may give to anything, each with something that a careless writer runs. */

/** What generated code would do if a name became code: modules and their importer look for it. */
export const effect = "globalThis.owned = 1";

export const hostileNames: readonly string[] = [
  "",
  "a b",
  "a-",
  "a.",
  "a_",
  "_",
  "007",
  "-",
  ".",
  "..",
  // Members of every object, and the key that is none.
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  // Names that the module imports, declares or needs.
  "promise",
  "tensor",
  "weight-source",
  "backend",
  "siglip-model",
  "siglip-vision-model",
  "graph-model",
  "cpu-session",
  "int32-array",
  "sigil",
  "artifact",
  "class",
  "default",
  "import",
  // Ends of properties, texts, comments and types.
  `x: 1 } ${effect}; interface Q { y`,
  `*/ ${effect}; /*`,
  `/* ${effect}; */`,
  `"; ${effect}; "`,
  `'; ${effect}; '`,
  `\${${effect}}`,
  `\`; ${effect}; \``,
  `x"]: 0 }; ${effect}; ({ ["`,
  `string; }> {} ${effect}; class Q<T extends { x: string`,
  `") (func (export "owned")) (;`,
  `;) (func (export "owned")) (;`,
  // Ends of lines, of one language or another.
  ...["\n", "\r", "\r\n", "\v", "\f", "\u0085", "\u2028", "\u2029"].map(
    (end) => `a${end}${effect};${end}b`,
  ),
  `a\n) (func (export "owned"))`,
  `a\n#error owned`,
  // A line that goes on.
  "a\\",
  "a\\ ",
  "a??/",
  // Orders to tools.
  "@ts-nocheck",
  "@deprecated",
  "# sourceMappingURL=owned.js",
  "</script><script>owned()</script>",
  // Ways out of a folder, and names that a file cannot have.
  "../../escaped",
  "..\\..\\escaped",
  "/escaped",
  "C:\\escaped",
  "con",
  "nul.txt",
  "a\u0000b",
  "a".repeat(3000),
  // Text that is no text, or looks like another.
  "a\ud800b",
  "\u202ea",
  "\u{1f600}",
  "été",
];
