import { SigilError } from "@sigil/spec/shared";

/**
 * The details of a {@link WeightsError}: the file and the tensor, and what was expected and
 * received.
 */
export interface WeightsErrorDetails {
  readonly file?: string;
  readonly tensor?: string;
  readonly expected?: string;
  readonly received?: string;
  /** Every problem, if several are reported at once. */
  readonly issues?: readonly string[];
  readonly cause?: unknown;
}

/** Thrown for weights that are damaged, missing, unreadable or of the wrong shape. */
export class WeightsError extends SigilError {
  override readonly name = "WeightsError";
  readonly code = "weights";
  readonly file: string | undefined;
  readonly tensor: string | undefined;
  readonly expected: string | undefined;
  readonly received: string | undefined;
  readonly issues: readonly string[];

  constructor(problem: string, details: WeightsErrorDetails = {}) {
    const where = [
      details.file,
      details.tensor === undefined ? undefined : `tensor "${inPart(details.tensor)}"`,
    ]
      .filter((part) => part !== undefined)
      .join(": ");
    const facts = [
      details.expected === undefined ? "" : `expected ${details.expected}`,
      details.received === undefined ? "" : `received ${details.received}`,
    ]
      .filter((part) => part !== "")
      .join(", ");
    const list = (details.issues ?? []).map((issue) => `\n  - ${issue}`).join("");
    super(
      `${where === "" ? "" : `${where}: `}${problem}${facts === "" ? "" : ` (${facts})`}${list}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.file = details.file;
    this.tensor = details.tensor;
    this.expected = details.expected;
    this.received = details.received;
    this.issues = details.issues ?? [];
  }
}

/** Shortens a name. Names come from files, and may be very long. */
const inPart = (name: string): string => (name.length > 200 ? `${name.slice(0, 200)}…` : name);
