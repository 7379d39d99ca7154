import { TokenizerError } from "../error.ts";

/** Collects what is wrong with a file, so that one error names everything. */
export class Problems {
  private readonly file: string;
  private readonly issues: string[] = [];

  constructor(file: string) {
    this.file = file;
  }

  /** Notes that the value at a place is not what must stand there; `advice` says what to do. */
  expected(at: string, what: string, value: unknown, advice = ""): undefined {
    this.issues.push(`${mismatch(at, what, value)}${advice && `; ${advice}`}`);
  }

  /** Throws a TokenizerError that lists what was noted, if anything was. */
  throwIfAny(): void {
    const { file, issues } = this;
    if (issues.length === 0) return;
    const lines =
      issues.length === 1 ? issues[0] : issues.map((issue) => `\n  - ${issue}`).join("");
    throw new TokenizerError(`${file}: ${lines}`, undefined, { issues });
  }
}

/** Says that the value at a place is not what must stand there. */
export const mismatch = (at: string, what: string, value: unknown): string =>
  `${at}: expected ${what}, received ${brief(value)}`;

/** Whether a value is an object with keys: no list, not null. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as an error prints it: short and flat, whatever the file holds. */
function brief(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return `an object of ${Object.keys(value).length}`;
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
}
