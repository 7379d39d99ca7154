/**
 * Whether a value has the shape of a JSON schema, by the few keywords that schema/plan.schema.json
 * uses: pages check plans, and have no room for a validator of all of them.
 */

import { shown } from "./shown.ts";

export interface ShapeSchema {
  readonly $defs?: Readonly<Record<string, ShapeSchema>>;
  readonly $ref?: string;
  readonly if?: ShapeSchema;
  readonly then?: ShapeSchema;
  readonly else?: ShapeSchema;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly minimum?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: ShapeSchema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, ShapeSchema>>;
  readonly additionalProperties?: boolean | ShapeSchema;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  number: Number.isFinite,
  integer: Number.isSafeInteger,
};

/** Every fault with its place; none if the value has the shape. */
export function shapeFaults(value: unknown, root: ShapeSchema): string[] {
  const faults: string[] = [];
  const visit = (value: unknown, schema: ShapeSchema, at: string): void => {
    const expect = (holds: boolean, what: string): boolean => {
      if (!holds) faults.push(`${at || "plan"}: expected ${what}, received ${shown(value)}`);
      return holds;
    };
    if (schema.$ref) {
      const defined = root.$defs?.[schema.$ref.split("/").at(-1)!];
      if (!defined) throw new Error(`internal: the schema has no ${schema.$ref}`);
      return visit(value, defined, at);
    }
    if (schema.if) {
      const known = faults.length;
      visit(value, schema.if, at);
      const holds = faults.length === known;
      faults.length = known;
      const chosen = holds ? schema.then : schema.else;
      if (chosen) visit(value, chosen, at);
      return;
    }
    const { const: only, enum: choices, type, minimum = -Infinity, pattern } = schema;
    if (only !== undefined && !expect(value === only, shown(only))) return;
    if (choices && !expect(choices.includes(value), `one of ${choices.join(", ")}`)) return;
    if (type && !expect(types[type]!(value), `${/^[aeio]/.test(type) ? "an" : "a"} ${type}`))
      return;
    if (typeof value === "number") expect(value >= minimum, `at least ${minimum}`);
    if (typeof value === "string" && pattern)
      expect(new RegExp(pattern).test(value), `text that matches ${pattern}`);
    if (Array.isArray(value)) {
      const { minItems = 0, maxItems = Infinity, items } = schema;
      expect(value.length >= minItems && value.length <= maxItems, "another number of items");
      if (items) value.forEach((item, i) => visit(item, items, `${at}[${i}]`));
    }
    if (!isObject(value)) return;
    for (const key of schema.required ?? [])
      expect(Object.hasOwn(value, key), `the key ${JSON.stringify(key)}`);
    const { properties = {}, additionalProperties: others = true } = schema;
    for (const [key, item] of Object.entries(value)) {
      const own = Object.hasOwn(properties, key) ? properties[key] : others;
      if (typeof own === "object") visit(item, own, at ? `${at}.${key}` : key);
      else expect(own === true, `no key ${JSON.stringify(key)}`);
    }
  };
  visit(value, root, "");
  return faults;
}
