import { isObject, mismatch } from "../config/problems.ts";
import { TokenizerError } from "../error.ts";

/** Components may nest so deep; published ones nest two levels. */
const deepest = 16;

/**
 * One component of `tokenizer.json`, an object with a `type`, and where it stands in the file. What
 * is read of it is checked: every method throws a TokenizerError that says where and what.
 */
export class Component {
  readonly type: string;
  readonly at: string;
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly depth: number;

  constructor(value: unknown, at: string, depth = 0) {
    if (!isObject(value) || typeof value.type !== "string")
      throw fault(at, "an object with a type", value);
    if (depth > deepest) throw fault(at, `at most ${deepest} levels of components`, value);
    this.type = value.type;
    this.at = at;
    this.values = value;
    this.depth = depth;
  }

  /** The value of a key as it stands in the file. */
  value(key: string): unknown {
    return this.values[key];
  }

  string(key: string, otherwise?: string): string {
    const value = this.values[key] ?? otherwise;
    return typeof value === "string" ? value : this.fail(key, "a string", value);
  }

  /** Null is as absent. */
  boolean(key: string, otherwise: boolean): boolean {
    const value = this.values[key] ?? otherwise;
    return typeof value === "boolean" ? value : this.fail(key, "true or false", value);
  }

  /** A whole number from 0. */
  count(key: string): number {
    const value = this.values[key];
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.fail(key, "a whole number from 0", value);
  }

  oneOf<T extends string>(key: string, names: readonly T[], otherwise?: T): T {
    const value = this.values[key] ?? otherwise;
    return (
      names.find((name) => name === value) ?? this.fail(key, `one of ${names.join(", ")}`, value)
    );
  }

  list(key: string): readonly unknown[] {
    const value = this.values[key];
    return Array.isArray(value) ? value : this.fail(key, "a list", value);
  }

  object(key: string): Readonly<Record<string, unknown>> {
    const value = this.values[key];
    return isObject(value) ? value : this.fail(key, "an object", value);
  }

  /** The components of a Sequence. */
  components(key: string): Component[] {
    return this.list(key).map(
      (item, i) => new Component(item, `${this.at}.${key}[${i}]`, this.depth + 1),
    );
  }

  /** Throws the error for a key whose value is not what must stand there. */
  fail(key: string, expected: string, value: unknown): never {
    throw fault(`${this.at}.${key}`, expected, value);
  }

  /** The error for a type that is not supported. */
  unsupported(): TokenizerError {
    return new TokenizerError(`tokenizer.json: ${this.at}: ${this.type} is not supported`);
  }
}

function fault(at: string, expected: string, value: unknown): TokenizerError {
  const issue = mismatch(at, expected, value);
  return new TokenizerError(`tokenizer.json: ${issue}`, undefined, { issues: [issue] });
}
