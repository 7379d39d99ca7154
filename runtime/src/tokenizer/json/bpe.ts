import { TokenizerError } from "../error.ts";
import { byteIds } from "./byte-ids.ts";
import { MergeQueue } from "./merge-queue.ts";
import type { Model } from "./model.ts";
import type { ComponentSpec } from "./spec.ts";

interface Merge {
  readonly rank: number;
  readonly id: number;
}

const pairBase = 2 ** 26;

/**
 * Byte pair encoding with byte fallback, as Hugging Face tokenizers runs it: lowest rank first,
 * leftmost on ties.
 */
export class BPE implements Model {
  readonly tokens: readonly (string | undefined)[];
  readonly ids: ReadonlyMap<string, number>;
  private readonly merges = new Map<number, Merge>();
  private readonly unkId: number | undefined;
  private readonly byteFallback: boolean;
  private readonly fuseUnk: boolean;
  private readonly ignoreMerges: boolean;

  constructor(spec: ComponentSpec) {
    const { vocab, merges } = spec;
    if (typeof vocab !== "object" || vocab === null)
      throw new TokenizerError("tokenizer.json: BPE.vocab is no object");
    if (!Array.isArray(merges)) throw new TokenizerError("tokenizer.json: BPE.merges is no list");
    for (const key of ["continuing_subword_prefix", "end_of_word_suffix", "dropout"]) {
      if (spec[key]) throw new TokenizerError(`tokenizer.json: BPE.${key} is not supported`);
    }
    this.ids = new Map(Object.entries(vocab as Record<string, number>));
    const tokens: (string | undefined)[] = [];
    for (const [token, id] of this.ids) {
      if (!Number.isInteger(id) || id < 0 || id >= pairBase)
        throw new TokenizerError(`tokenizer.json: bad id ${id}`);
      tokens[id] = token;
    }
    this.tokens = tokens;
    merges.forEach((merge: unknown, rank) => {
      const [left, right] = (typeof merge === "string" ? merge.split(" ") : merge) as [
        string,
        string,
      ];
      const a = this.ids.get(left);
      const b = this.ids.get(right);
      const id = this.ids.get(left + right);
      if (a === undefined || b === undefined || id === undefined) {
        throw new TokenizerError(
          `tokenizer.json: BPE.merges[${rank}] names a token that is not in the vocabulary`,
        );
      }
      this.merges.set(a * pairBase + b, { rank, id });
    });
    this.unkId = typeof spec.unk_token === "string" ? this.ids.get(spec.unk_token) : undefined;
    this.byteFallback = spec.byte_fallback === true;
    this.fuseUnk = spec.fuse_unk === true;
    this.ignoreMerges = spec.ignore_merges === true;
  }

  /** Ids of a word. */
  encode(word: string): number[] {
    const whole = this.ignoreMerges ? this.ids.get(word) : undefined;
    return whole === undefined ? this.merged(this.characters(word)) : [whole];
  }

  private characters(word: string): number[] {
    const ids: number[] = [];
    let unknownBefore = false;
    for (const char of word) {
      const id = this.ids.get(char);
      const known =
        id !== undefined ? [id] : this.byteFallback ? byteIds(char, this.ids) : undefined;
      if (known !== undefined) ids.push(...known);
      else if (this.unkId !== undefined && !(this.fuseUnk && unknownBefore)) ids.push(this.unkId);
      unknownBefore = known === undefined;
    }
    return ids;
  }

  private merged(ids: number[]): number[] {
    const next = ids.map((_, i) => (i + 1 < ids.length ? i + 1 : -1));
    const previous = ids.map((_, i) => i - 1);
    const queue = new MergeQueue();
    const offer = (at: number) => {
      const right = at < 0 ? -1 : next[at]!;
      const merge = right < 0 ? undefined : this.merges.get(ids[at]! * pairBase + ids[right]!);
      if (merge !== undefined) queue.push({ ...merge, at });
    };
    for (let i = 0; i < ids.length; i++) offer(i);
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const { at, rank, id } = top;
      const right = next[at]!;
      // A stale entry: one of the two has been merged away since it was offered.
      if (
        ids[at] === -1 ||
        right < 0 ||
        this.merges.get(ids[at]! * pairBase + ids[right]!)?.rank !== rank
      )
        continue;
      ids[at] = id;
      ids[right] = -1;
      next[at] = next[right]!;
      if (next[at]! >= 0) previous[next[at]!] = at;
      offer(previous[at]!);
      offer(at);
    }
    return ids.filter((id) => id !== -1);
  }
}
