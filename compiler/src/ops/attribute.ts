/** What a step may state of an operation beside its inputs and weights. */
import { nearestName } from "@sigil/spec";

export type AttributeValue = string | number | boolean | readonly number[];
/** Every attribute that an operation declares, defaults filled in. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A declared attribute: the schema, the checker and the documentation all come from it. */
export interface Attribute {
  /** `numbers`: one number, or a list of them. Numbers are within what float32 holds. */
  readonly type: "integer" | "number" | "numbers" | "boolean" | "string";
  readonly description: string;
  /** A step that does not state it has this; without a default every step must. */
  readonly default?: AttributeValue;
  readonly minimum?: number;
  /** Numbers are greater than this. */
  readonly above?: number;
  /** Strings are one of these. */
  readonly values?: readonly string[];
}

/** Attributes that do not fit their declaration; `key` is the one at fault, if a step states it. */
export class AttributeError extends Error {
  readonly key: string | undefined;
  constructor(key: string | undefined, message: string) {
    super(message);
    this.key = key;
  }
}

/** The attributes of a step, checked and complete. Throws AttributeError. */
export function readAttributes(
  op: string,
  declared: Readonly<Record<string, Attribute>>,
  given: Readonly<Record<string, unknown>>,
): Attributes {
  for (const key of Object.keys(given))
    if (!Object.hasOwn(declared, key)) {
      const nearest = nearestName(key, Object.keys(declared));
      throw new AttributeError(
        key,
        `${op} has no attribute ` +
          `"${key}"${nearest === undefined ? "" : `; did you mean "${nearest}"?`}`,
      );
    }
  return Object.fromEntries(
    Object.entries(declared).map(([key, attribute]) => {
      const value = Object.hasOwn(given, key) ? given[key] : attribute.default;
      if (value === undefined)
        throw new AttributeError(undefined, `${op} needs an attribute "${key}"`);
      if (!fits(value, attribute))
        throw new AttributeError(
          key,
          `"${key}" of ${op} must be ${describeAttribute(attribute)}, not ${shown(value)}`,
        );
      return [key, value as AttributeValue];
    }),
  );
}

function fits(value: unknown, attribute: Attribute): boolean {
  const { type, minimum = -Infinity, above = -Infinity, values } = attribute;
  if (type === "boolean") return typeof value === "boolean";
  if (type === "string")
    return typeof value === "string" && (values === undefined || values.includes(value));
  if (type === "numbers" && Array.isArray(value))
    return value.length > 0 && value.every((one) => fits(one, { ...attribute, type: "number" }));
  return (
    typeof value === "number" &&
    (type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(Math.fround(value))) &&
    value >= minimum &&
    value > above
  );
}

/** What an attribute may be, in words: `a number of at least 0`. */
export function describeAttribute({ type, minimum, above, values }: Attribute): string {
  if (values) return `one of ${values.join(", ")}`;
  const range =
    minimum !== undefined
      ? ` of at least ${minimum}`
      : above !== undefined
        ? ` above ${above}`
        : "";
  return {
    boolean: "true or false",
    string: "a string",
    integer: `an integer${range}`,
    number: `a number${range}`,
    numbers: `a number${range}, or a list of such`,
  }[type];
}

const shown = (value: unknown): string =>
  typeof value === "number" ? String(value) : JSON.stringify(value).slice(0, 100);
