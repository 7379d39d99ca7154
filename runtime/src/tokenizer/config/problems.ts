import { TokenizerError } from "../error.ts";

/** Collects what is wrong with a file, so that one error names everything. */
export class Problems {
  private readonly file: string;
  private readonly issues: string[] = [];

  constructor(file: string) {
    this.file = file;
  }

  /** Notes that the value at a place is not what must stand there; `advice` says what to do. */
  expected(at: string, what: string, value: unknown, advice?: string): undefined {
    const message = `${at}: expected ${what}, received ${brief(value)}`;
    this.issues.push(advice === undefined ? message : `${message}; ${advice}`);
    return undefined;
  }

  throwIfAny(): void {
    const error = this.error();
    if (error) throw error;
  }

  /** The TokenizerError that lists what was noted, if anything was. */
  error(): TokenizerError | undefined {
    const { file, issues } = this;
    if (issues.length === 0) return undefined;
    const message =
      issues.length === 1
        ? `${file}: ${issues[0]!}`
        : `${file}: ${issues.length} problems${issues.map((issue) => `\n  - ${issue}`).join("")}`;
    return new TokenizerError(message, undefined, { issues });
  }
}

/** Whether a value is an object with keys: no list, not null. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const longest = 60;

/** A value as an error prints it: short whatever the file holds. */
function brief(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `a list of ${value.length}`;
  if (isObject(value)) {
    const keys = Object.keys(value);
    return keys.length === 0
      ? "{}"
      : `an object with ${keys.slice(0, 3).map(quoted).join(", ")}${keys.length > 3 ? ", ..." : ""}`;
  }
  return typeof value === "string" ? quoted(value) : String(value);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > longest ? `${text.slice(0, longest)}...` : text);
}
