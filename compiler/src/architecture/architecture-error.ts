import { SigilError } from "@sigil/spec";

/**
 * Thrown for a document that does not describe a valid graph. `pointer` is the place in `document`.
 */
export class ArchitectureError extends SigilError {
  override readonly name = "ArchitectureError";
  readonly code = "invalid-architecture";
  readonly document: string;
  readonly pointer: string;
  readonly problem: string;
  constructor(document: string, pointer: string, problem: string) {
    super(`${document}#${pointer}: ${problem}`);
    this.problem = problem;
    this.document = document;
    this.pointer = pointer;
  }
}
