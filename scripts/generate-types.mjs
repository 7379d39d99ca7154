// Writes spec/src/generated/*.ts from spec/schema; with --check, fails if a file would change.
import { readFileSync, writeFileSync } from "node:fs";

const names = ["siglip-text", "siglip-vision", "siglip2-vision", "siglip", "siglip2", "sigil"];
const root = new URL("../spec/", import.meta.url);
const schemas = new Map(
  names.map((name) => [`${name}.schema.json`, readJson(`schema/${name}.schema.json`)]),
);
/** Schemas of documents: each titled definition is a type. */
const documents = ["architecture", "plan", "tuning"];
let stale = false;
for (const name of [...names, ...documents]) {
  emit(name, documents.includes(name) ? documentModule(name) : moduleOf(name));
}
emit("plan-schema", shapeModule("plan"));
process.exitCode = stale ? 1 : 0;

function emit(name, text) {
  const file = new URL(`src/generated/${name}.ts`, root);
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`spec/src/generated/${name}.ts is stale: run node scripts/generate-types.mjs`);
    stale = true;
  }
}

/** A schema without what it says to people, for pages to check by. */
function shapeModule(name) {
  const told = ["$schema", "$id", "title", "description"];
  const bare = (value, isMap = false) =>
    Array.isArray(value)
      ? value.map((item) => bare(item))
      : typeof value === "object" && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .filter(([key]) => isMap || !told.includes(key))
              .map(([key, item]) => [
                key,
                bare(item, !isMap && (key === "properties" || key === "$defs")),
              ]),
          )
        : value;
  return [
    `// Generated from schema/${name}.schema.json by scripts/generate-types.mjs.`,
    'import type { ShapeSchema } from "../check-shape.ts";',
    "",
    `export const ${name}Schema: ShapeSchema = ` +
      `${JSON.stringify(bare(readJson(`schema/${name}.schema.json`)), undefined, 2)};`,
    "",
  ].join("\n");
}

function readJson(path) {
  return JSON.parse(readFileSync(new URL(path, root), "utf8"));
}

function moduleOf(name) {
  const schema = schemas.get(`${name}.schema.json`);
  const references = Object.values(schema.properties)
    .flatMap((property) => property.$ref ?? [])
    .filter((reference) => !reference.startsWith("#"));
  const own = Object.values(schema.$defs ?? {}).map(
    (definition) =>
      `/** ${definition.description} */\nexport type ${definition.title} = ` +
      `${typeOf(definition, "", "")};\n\n`,
  );
  const imports = references.map((reference) => {
    const { title } = schemas.get(reference);
    return (
      `import type { ${title}, ${title}Input } from ` +
      `"./${reference.replace(".schema.json", ".ts")}";\n`
    );
  });
  const complete =
    `/** ${schema.description} Every default is filled in. */\nexport interface ` +
    `${schema.title} ${objectType(schema, "", "")}\n`;
  const input =
    `/** ${schema.title} as written: what has a default may be absent. */\nexport interface ` +
    `${schema.title}Input ${objectType(schema, "", "Input")}\n`;
  return [
    `// Generated from schema/${name}.schema.json by scripts/generate-types.mjs.\n`,
    ...imports,
    "\n",
    ...own,
    complete,
    "\n",
    input,
  ].join("");
}

function objectType(schema, indent, suffix) {
  const lines = ["{"];
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const present =
      schema.required?.includes(key) || (suffix === "" && property.default !== undefined);
    if (property.description) lines.push(`${indent}  /** ${property.description} */`);
    lines.push(
      `${indent}  readonly ${key}${present ? "" : "?"}: ` +
        `${typeOf(property, `${indent}  `, suffix)};`,
    );
  }
  if (schema.additionalProperties === true)
    lines.push(`${indent}  readonly [key: string]: unknown;`);
  return [...lines, `${indent}}`].join("\n");
}

/** A definition of the one schema that has any: the Sigil spec's. */
function localDefinition(reference) {
  return schemas.get("sigil.schema.json").$defs[reference.split("/").at(-1)];
}

function typeOf(schema, indent, suffix) {
  if (schema.$ref?.startsWith("#")) return localDefinition(schema.$ref).title;
  if (schema.$ref) return schemas.get(schema.$ref).title + suffix;
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  return [schema.type]
    .flat()
    .map((type) => {
      if (type === "integer") return "number";
      if (type === "string" && schema.then?.enum) return typeOf(schema.then, indent, suffix);
      if (type === "array")
        return (
          "readonly " +
          (schema.items.enum
            ? `(${typeOf(schema.items, indent, suffix)})`
            : typeOf(schema.items, indent, suffix)) +
          "[]"
        );
      if (type !== "object") return type;
      if (schema.properties) return objectType(schema, indent, suffix);
      const values =
        typeof schema.additionalProperties === "object"
          ? typeOf(schema.additionalProperties, indent, suffix)
          : "unknown";
      return `Readonly<Record<string, ${values}>>`;
    })
    .filter((type, index, all) => all.indexOf(type) === index)
    .join(" | ");
}

function documentModule(name) {
  const schema = readJson(`schema/${name}.schema.json`);
  const types = [...Object.values(schema.$defs).filter(({ title }) => title), schema].map(
    (definition) => {
      const body = documentType({ ...definition, title: undefined }, schema, "");
      const isInterface = definition.type === "object" && definition.properties;
      return (
        `/** ${definition.description} */\nexport ` +
        (isInterface
          ? `interface ${definition.title} ${body}`
          : `type ${definition.title} = ${body};`) +
        `\n`
      );
    },
  );
  return [
    `// Generated from schema/${name}.schema.json by scripts/generate-types.mjs.\n`,
    ...types,
  ].join("\n");
}

/**
 * A type of a document: references by title where they have one, `if` as a union of its branches.
 */
function documentType(schema, root, indent) {
  if (schema.title) return schema.title;
  if (schema.$ref) {
    const [, ...path] = schema.$ref.split("/");
    return documentType(
      path.reduce((value, key) => value[key], root),
      root,
      indent,
    );
  }
  if (schema.if)
    return [schema.then, schema.else]
      .map((branch) => documentType(branch, root, indent))
      .join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  return [schema.type]
    .flat()
    .map((type) => {
      if (type === "integer") return "number";
      if (type === "array") {
        const item = documentType(schema.items, root, indent);
        const items = item.includes(" | ") ? `(${item})` : item;
        return schema.minItems !== undefined && schema.minItems === schema.maxItems
          ? `readonly [${Array(schema.minItems).fill(item).join(", ")}]`
          : `readonly ${items}[]`;
      }
      if (type !== "object") return type;
      if (!schema.properties)
        return (
          "Readonly<Record<string, " +
          (typeof schema.additionalProperties === "object"
            ? documentType(schema.additionalProperties, root, indent)
            : "unknown") +
          ">>"
        );
      const lines = Object.entries(schema.properties)
        .filter(([key]) => key !== "$schema")
        .flatMap(([key, property]) => {
          return [
            ...(property.description ? [`${indent}  /** ${property.description} */`] : []),
            `${indent}  readonly ${key}${schema.required?.includes(key) ? "" : "?"}: ` +
              `${documentType(property, root, `${indent}  `)};`,
          ];
        });
      return ["{", ...lines, `${indent}}`].join("\n");
    })
    .filter((type, index, all) => all.indexOf(type) === index)
    .join(" | ");
}
