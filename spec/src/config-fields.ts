import type { Problem } from "./json-source.ts";

export type Report = (pointer: string, problem: Problem) => void;

/** Fields of a config of other software; a fault is reported where it stands. */
export class ConfigFields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #pointer: string;
  readonly #report: Report;

  constructor(value: unknown, pointer: string, report: Report) {
    this.#value = typeof value === "object" && value !== null ? { ...value } : {};
    this.#pointer = pointer;
    this.#report = report;
  }

  /** Whether the field is there and not null. */
  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** Undefined for null too, as Python's None is an argument's absence. */
  get(key: string): unknown {
    return Object.hasOwn(this.#value, key) ? (this.#value[key] ?? undefined) : undefined;
  }

  keys(): readonly string[] {
    return Object.keys(this.#value);
  }

  fail(key: string, message: string, help?: string): void {
    this.#report(key === "" ? this.#pointer : `${this.#pointer}/${key}`, {
      code: "unsupported-model",
      message,
      ...(help !== undefined && { help }),
    });
  }

  /** A positive integer; 1 where it is none, which is reported. */
  size(key: string, absent?: number): number {
    const value = this.get(key) ?? absent;
    if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
    this.fail(
      key,
      value === undefined
        ? `\`${key}\` is missing`
        : `\`${key}\` must be a positive integer, not ${JSON.stringify(value)}`,
    );
    return 1;
  }

  /** The side of a square, given once or twice. */
  side(key: string, absent?: number): number {
    const value = this.get(key);
    if (!Array.isArray(value)) return this.size(key, absent);
    if (value.length === 2 && value[0] === value[1] && Number.isSafeInteger(value[0]))
      return value[0] as number;
    this.fail(key, `\`${key}\` must be one side of a square, not ${JSON.stringify(value)}`);
    return 1;
  }

  /** A positive number. */
  number(key: string, absent: number): number {
    const value = this.get(key) ?? absent;
    if (typeof value === "number" && value > 0) return value;
    this.fail(key, `\`${key}\` must be a positive number, not ${JSON.stringify(value)}`);
    return absent;
  }

  /** Reports a field whose value, or that of its absence, is not the one that is supported. */
  only(key: string, supported: unknown, absent: unknown = supported): void {
    const value = this.get(key) ?? absent;
    if (value !== supported)
      this.fail(
        this.has(key) ? key : "",
        `\`${key}\` ${JSON.stringify(value ?? null)} is not supported`,
        `only ${
          supported === undefined || supported === null
            ? `models without \`${key}\` are`
            : `${JSON.stringify(supported)} is`
        }; for another, describe the model by an architecture document (docs/architectures.md)`,
      );
  }
}
