import { SigilError } from "@sigil/spec/shared";

/**
 * What a {@link WeightsError} knows: which file and tensor, what was expected and what was
 * received.
 */
export interface WeightsErrorDetails {
  readonly file?: string;
  readonly tensor?: string;
  readonly expected?: string;
  readonly received?: string;
  /** Every problem found, when several are reported at once. */
  readonly issues?: readonly string[];
  readonly cause?: unknown;
}

/** Weights that are damaged, missing, misshapen or unreadable. */
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

/** Names come from files, and a name may fill one. */
const inPart = (name: string): string => (name.length > 200 ? `${name.slice(0, 200)}…` : name);
