import { TokenizerError } from "../error.ts";
import { byteIds } from "./byte-ids.ts";
import { MergeQueue, places } from "./merge-queue.ts";
import type { Model } from "./model.ts";
import type { Component } from "./component.ts";

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
  private readonly unkToken: string | undefined;
  private readonly byteFallback: boolean;
  private readonly fuseUnk: boolean;
  private readonly ignoreMerges: boolean;

  constructor(spec: Component) {
    const vocab = spec.object("vocab");
    const merges = spec.list("merges");
    if (merges.length >= pairBase) spec.fail("merges", `fewer than ${pairBase} merges`, merges);
    for (const key of ["continuing_subword_prefix", "end_of_word_suffix", "dropout"])
      if (spec.value(key)) spec.fail(key, "nothing, as it is not supported,", spec.value(key));
    const ids = new Map<string, number>();
    const tokens: (string | undefined)[] = [];
    for (const [token, id] of Object.entries(vocab)) {
      if (!(typeof id === "number" && Number.isInteger(id) && id >= 0 && id < pairBase))
        spec.fail(`vocab[${JSON.stringify(token)}]`, "an id", id);
      ids.set(token, id);
      tokens[id] = token;
    }
    this.ids = ids;
    this.tokens = tokens;
    merges.forEach((merge, rank) => {
      const pair: unknown = typeof merge === "string" ? merge.split(" ") : merge;
      const [left, right] = Array.isArray(pair) && pair.length === 2 ? (pair as unknown[]) : [];
      if (typeof left !== "string" || typeof right !== "string")
        return spec.fail(`merges[${rank}]`, "two tokens", merge);
      const [a, b, id] = [left, right, left + right].map((token) => ids.get(token));
      if (a === undefined || b === undefined || id === undefined)
        return spec.fail(`merges[${rank}]`, "tokens of the vocabulary", `${left} ${right}`);
      this.merges.set(a * pairBase + b, { rank, id });
    });
    this.unkToken = (spec.value("unk_token") ?? undefined) && spec.string("unk_token");
    this.byteFallback = spec.boolean("byte_fallback", false);
    this.fuseUnk = spec.boolean("fuse_unk", false);
    this.ignoreMerges = spec.boolean("ignore_merges", false);
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
      else if (this.unkToken !== undefined && !(this.fuseUnk && unknownBefore))
        ids.push(this.unknown(this.unkToken));
      unknownBefore = known === undefined;
    }
    return ids;
  }

  /** Looked up when it is needed, as tokenizers does: a file may name a token that it lacks. */
  private unknown(token: string): number {
    const id = this.ids.get(token);
    if (id === undefined)
      throw new TokenizerError(
        `tokenizer.json: model.unk_token: ${JSON.stringify(token)} is not in the ` + "vocabulary",
      );
    return id;
  }

  private merged(ids: number[]): number[] {
    if (ids.length >= places)
      throw new TokenizerError(
        `expected words of at most ${places} characters, received ${ids.length}`,
      );
    const next = Int32Array.from(ids, (_, i) => (i + 1 < ids.length ? i + 1 : -1));
    const previous = Int32Array.from(ids, (_, i) => i - 1);
    const queue = new MergeQueue();
    const mergeAt = (at: number): Merge | undefined =>
      next[at]! < 0 ? undefined : this.merges.get(ids[at]! * pairBase + ids[next[at]!]!);
    const offer = (at: number) => {
      const merge = at < 0 ? undefined : mergeAt(at);
      if (merge !== undefined) queue.push(merge.rank, at);
    };
    for (let i = 0; i < ids.length; i++) offer(i);
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const { at, rank } = top;
      // A stale entry: one of the two has been merged away since it was offered.
      const merge = ids[at] === -1 ? undefined : mergeAt(at);
      if (merge?.rank !== rank) continue;
      const right = next[at]!;
      ids[at] = merge.id;
      ids[right] = -1;
      next[at] = next[right]!;
      if (next[at]! >= 0) previous[next[at]!] = at;
      offer(previous[at]!);
      offer(at);
    }
    return ids.filter((id) => id !== -1);
  }
}
