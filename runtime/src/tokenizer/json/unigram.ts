import { TokenizerError } from "../error.ts";
import { PieceTrie } from "../piece-trie.ts";
import { viterbi, type UnigramLattice } from "../viterbi.ts";
import { byteIds } from "./byte-ids.ts";
import type { Model } from "./model.ts";
import type { Component } from "./component.ts";

const unknownPenalty = 10;

/**
 * Unigram as Hugging Face tokenizers runs it: double path scores, and every token takes part in the
 * search.
 */
export class Unigram implements Model {
  readonly tokens: readonly string[];
  readonly ids: ReadonlyMap<string, number>;
  private readonly lattice: UnigramLattice;
  private readonly unkId: number | undefined;
  private readonly byteFallback: boolean;

  constructor(spec: Component) {
    const vocab = spec.list("vocab");
    if (vocab.length === 0) spec.fail("vocab", "at least one token", vocab);
    const ids = new Map<string, number>();
    const trie = new PieceTrie();
    const scores = new Float64Array(vocab.length);
    this.tokens = vocab.map((entry: unknown, id) => {
      const [token, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
      if (typeof token !== "string" || typeof score !== "number" || !Number.isFinite(score))
        return spec.fail(`vocab[${id}]`, "[token, score]", entry);
      ids.set(token, id);
      trie.add(token, id);
      scores[id] = score;
      return token;
    });
    this.ids = ids;
    const unkId = spec.value("unk_id") ?? undefined;
    this.unkId = unkId === undefined ? undefined : spec.count("unk_id");
    if (this.unkId !== undefined && this.unkId >= vocab.length)
      spec.fail("unk_id", `an id below ${vocab.length}`, unkId);
    this.byteFallback = spec.boolean("byte_fallback", false);
    this.lattice = {
      trie,
      score: (id) => scores[id]!,
      unknownScore: scores.reduce((a, b) => Math.min(a, b)) - unknownPenalty,
      round: (score) => score,
    };
  }

  /** Ids of a word; a run of unknown characters is one token, or its bytes. */
  encode(word: string): number[] {
    const ids: number[] = [];
    let unknown = "";
    const flush = () => {
      // Not spread: a run may have more bytes than a call takes arguments.
      if (unknown !== "") for (const id of this.unknownIds(unknown)) ids.push(id);
      unknown = "";
    };
    for (const { id, start, end } of viterbi(this.lattice, word)) {
      if (id < 0 || id === this.unkId) unknown += word.slice(start, end);
      else {
        flush();
        ids.push(id);
      }
    }
    flush();
    return ids;
  }

  private unknownIds(text: string): number[] {
    const known = this.ids.get(text);
    if (known !== undefined) return [known];
    const bytes = this.byteFallback ? byteIds(text, this.ids) : undefined;
    if (bytes !== undefined) return bytes;
    if (this.unkId === undefined)
      throw new TokenizerError(`no token for ${JSON.stringify(text)} and no unk_id`);
    return [this.unkId];
  }
}
