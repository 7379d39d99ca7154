import type { Random } from "./random.ts";

/** What became of an input: used, or turned away with an error of Sigil's. */
export type Outcome = "taken" | "refused";

/** Something that takes files from strangers. */
export interface Target {
  readonly name: string;
  /** What is mutated, in a few words for `--help`. */
  readonly about: string;
  /** How many inputs a check of the whole target tries. */
  readonly goal: number;
  /** Reads what the target starts from; called once in each process. */
  open(): Promise<OpenTarget>;
}

export interface OpenTarget {
  /** An input, of which `random` decides everything. */
  draw(random: Random): Uint8Array;
  /**
   * Uses an input; throws what the code under test throws, or an error of its own where a success
   * is wrong.
   */
  run(input: Uint8Array): Promise<void> | void;
  close?(): Promise<void> | void;
}
