/** A target whose inputs are JSON documents near some that are right. */
import { mutateJson } from "../mutate-json.ts";
import type { OpenTarget, Target } from "../target.ts";

export interface JsonTarget {
  readonly name: string;
  readonly about: string;
  readonly goal: number;
  /** Right documents, and what uses a text. */
  open(): Promise<{
    readonly seeds: readonly unknown[];
    use(text: string): Promise<void> | void;
  }>;
}

const decoder = new TextDecoder();

export const jsonTarget = ({ open, ...target }: JsonTarget): Target => ({
  ...target,
  async open(): Promise<OpenTarget> {
    const { seeds, use } = await open();
    return {
      draw: (random) => mutateJson(random, random.pick(seeds), seeds),
      run: (input) => use(decoder.decode(input)),
    };
  },
});
