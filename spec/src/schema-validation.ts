import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Diagnostic } from "./diagnostic.ts";
import { diagnosticAt, type JsonSource, type Problem } from "./json-source.ts";
import { nearestName } from "./nearest-name.ts";
import { readPackageJson } from "./package-files.ts";

export type SchemaName =
  | "siglip"
  | "siglip-text"
  | "siglip-vision"
  | "siglip2"
  | "siglip2-vision"
  | "sigil"
  | "operations"
  | "architecture"
  | "plan"
  | "tuning";

const selu =
  "transformers' SigLIP documentation names selu, but its activation table (ACT2FN) has no " +
  "such key, so no checkpoint uses it";
/** The pattern by which an attribute names a config field. */
const reference = "^\\$.";
/** Problems that are listed of one document: more say no more, and each is looked for in it. */
export const mostProblems = 100;
let validators: Map<SchemaName, ValidateFunction> | undefined;

/**
 * Fills the schema's defaults into `value` and returns its problems; `prefix` is the pointer of
 * `value` in the source.
 */
export function validate(
  schema: SchemaName,
  value: unknown,
  source: JsonSource,
  prefix: string,
): Diagnostic[] {
  const check = validatorOf(schema);
  if (check(value)) return [];
  const reported = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const error of check.errors ?? []) {
    // Say only that a branch or a name has failed, which has said so itself.
    if (error.keyword === "if" || error.keyword === "propertyNames") continue;
    const key: string | undefined =
      error.propertyName ??
      (error.keyword === "additionalProperties" ? error.params.additionalProperty : undefined);
    const pointer =
      prefix + error.instancePath + (key === undefined ? "" : `/${escape(String(key))}`);
    const identity =
      error.keyword === "required" ? `${pointer}/${error.params.missingProperty}` : pointer;
    if (reported.has(identity)) continue;
    if (reported.size === mostProblems) break;
    reported.add(identity);
    diagnostics.push(diagnosticAt(source, pointer, problemOf(error, pointer)));
  }
  return diagnostics;
}

function validatorOf(schema: SchemaName): ValidateFunction {
  validators ??= compileSchemas();
  const validator = validators.get(schema);
  if (!validator) throw new Error(`internal: no schema is called ${schema}`);
  return validator;
}

/** Whether null is a value of a key, or the schema does not know the key. */
export function takesNull(schema: SchemaName, key: string): boolean {
  const { properties } = validatorOf(schema).schema as {
    readonly properties: Readonly<Record<string, { readonly type?: string | readonly string[] }>>;
  };
  return !Object.hasOwn(properties, key) || [properties[key]?.type].flat().includes("null");
}

function compileSchemas(): Map<SchemaName, ValidateFunction> {
  const ajv = new Ajv2020({
    allErrors: true,
    useDefaults: true,
    strict: false,
    strictNumbers: true,
    verbose: true,
  });
  const names = [
    "siglip-text",
    "siglip-vision",
    "siglip2-vision",
    "siglip",
    "siglip2",
    "sigil",
    "operations",
    "architecture",
    "plan",
    "tuning",
  ] as const;
  for (const name of names) ajv.addSchema(readPackageJson(`schema/${name}.schema.json`) as object);
  return new Map(
    names.flatMap((name) => {
      const validator = ajv.getSchema(`${name}.schema.json`);
      return validator ? [[name, validator]] : [];
    }),
  );
}

function problemOf(error: ErrorObject, pointer: string): Problem {
  const name = pointer === "" ? "the document" : `\`${pointer.slice(1).replaceAll("/", ".")}\``;
  const { keyword, params, data } = error;
  const key = error.propertyName !== undefined;
  const called = key ? `a name in \`${error.instancePath.slice(1).replaceAll("/", ".")}\`` : name;
  switch (keyword) {
    case "type": {
      if (typeof data === "number" && !Number.isFinite(data))
        return { code: "out-of-range", message: `${name} must be finite, not ${data}` };
      const square = Array.isArray(data) && /\/(image|patch)_size$/.test(pointer);
      return {
        code: "wrong-type",
        message:
          `${name} must be ${[params.type].flat().map(withArticle).join(" or ")}, not ` +
          `${kindOf(data)}`,
        ...(square ? { help: "SigLIP's images and patches are square: write one integer" } : {}),
      };
    }
    case "enum":
      return pointer.endsWith("/hidden_act") && typeof data === "string"
        ? unknownActivation(data, params.allowedValues)
        : unknownValue(name, data, params.allowedValues);
    case "minimum":
      return {
        code: "out-of-range",
        message: `${name} must be at least ${params.limit}, not ${data}`,
      };
    case "maximum":
      return {
        code: "out-of-range",
        message: `${name} must be at most ${params.limit}, not ${data}`,
      };
    case "exclusiveMinimum":
      return {
        code: "out-of-range",
        message: `${name} must be greater than ${params.limit}, not ${data}`,
      };
    case "required":
      return { code: "missing-key", message: `missing key \`${params.missingProperty}\`` };
    case "additionalProperties": {
      const known = Object.keys((error.parentSchema as { properties: object }).properties);
      return {
        code: "unknown-key",
        message: `unknown key ${name}`,
        key: true,
        ...suggestion(String(params.additionalProperty), known),
      };
    }
    case "minItems":
    case "maxItems": {
      const bound = keyword === "minItems" ? "at least" : "at most";
      return {
        code: "invalid-value",
        message:
          `${name} must have ${bound} ${params.limit} ` +
          `${params.limit === 1 ? "item" : "items"}, not ${(data as []).length}`,
      };
    }
    case "pattern":
      // An attribute of an op's step: a value of its type, or a name to take it from.
      if (params.pattern === reference) {
        const types = [(error.parentSchema as { type: string | string[] }).type].flat();
        const stated = types
          .filter((type) => type !== "string")
          .map(withArticle)
          .join(" or ");
        return {
          code: "wrong-type",
          message:
            `${name} must be ${stated}, or \`$\` followed by the name of a config field, not ` +
            `${JSON.stringify(data)}`,
        };
      }
      return {
        code: "invalid-value",
        message: `${called} must match ${params.pattern}, not ${JSON.stringify(data)}`,
        key,
      };
    case "not":
      return {
        code: "invalid-value",
        message: `${called} cannot be ${JSON.stringify(data)}`,
        key,
      };
    default:
      return { code: "invalid-value", message: `${called} ${error.message}`, key };
  }
}

function unknownActivation(name: string, known: readonly string[]): Problem {
  const notes =
    name === "selu"
      ? [selu]
      : name === "xielu"
        ? ["xielu has learned parameters, which SigLIP checkpoints do not hold"]
        : [];
  const help =
    name === "selu"
      ? { help: "SigLIP checkpoints use `gelu_pytorch_tanh`" }
      : suggestion(name, known);
  return { code: "unknown-activation", message: `unknown activation \`${name}\``, notes, ...help };
}

function unknownValue(name: string, value: unknown, allowed: readonly unknown[]): Problem {
  const known = allowed.map(String);
  return {
    code: "invalid-value",
    message: `${name} cannot be ${JSON.stringify(value)}`,
    ...(typeof value === "string" ? suggestion(value, known) : { help: `one of ${listed(known)}` }),
  };
}

/** Help that names the nearest candidate, or all of them when none is near. */
export function suggestion(name: string, candidates: readonly string[]): { help: string } {
  if (candidates.length === 0) return { help: "there are none" };
  const nearest = nearestName(name, candidates);
  return {
    help: nearest === undefined ? `one of ${listed(candidates)}` : `did you mean \`${nearest}\`?`,
  };
}

const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return `${value}`;
  return withArticle(typeof value);
}

function withArticle(type: string): string {
  return type === "null" ? type : `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
}

function escape(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
