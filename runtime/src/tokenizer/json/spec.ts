import { TokenizerError } from "../error.ts";

/** One component of `tokenizer.json`: an object with a `type`. */
export interface ComponentSpec {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** `{ "String": ... }` or `{ "Regex": ... }`. */
export interface PatternSpec {
  readonly String?: string;
  readonly Regex?: string;
}

/** Checks that a value is a component; throws TokenizerError naming where it was expected. */
export function component(value: unknown, where: string): ComponentSpec {
  if (
    typeof value === "object" &&
    value !== null &&
    typeof (value as ComponentSpec).type === "string"
  ) {
    return value as ComponentSpec;
  }
  throw new TokenizerError(`tokenizer.json: ${where} is no object with a type`);
}

/** The components of a Sequence. */
export function components(value: unknown, where: string): ComponentSpec[] {
  if (!Array.isArray(value)) throw new TokenizerError(`tokenizer.json: ${where} is no list`);
  return value.map((item, i) => component(item, `${where}[${i}]`));
}

/** A string key of a component. */
export function stringOf(spec: ComponentSpec, key: string, otherwise?: string): string {
  const value = spec[key] ?? otherwise;
  if (typeof value !== "string")
    throw new TokenizerError(`tokenizer.json: ${spec.type}.${key} is no string`);
  return value;
}

/** The error for a component type that is not supported. */
export function unsupported(kind: string, spec: ComponentSpec): TokenizerError {
  return new TokenizerError(`tokenizer.json: ${kind} ${spec.type} is not supported`);
}
