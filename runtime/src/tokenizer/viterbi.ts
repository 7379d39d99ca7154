import { codePoint } from "@sigil/spec/shared";
import { PieceTrie } from "./piece-trie.ts";

/** What the unigram search needs to know of a vocabulary. */
export interface UnigramLattice {
  readonly trie: PieceTrie;
  /**
   * The score of piece `id` where it covers `byteLength` bytes, or undefined when it must not be
   * used.
   */
  score(id: number, byteLength: number): number | undefined;
  /** The score of a character no one-character piece covers. */
  readonly unknownScore: number;
  /** How a path's score is stored: Math.fround for SentencePiece, the identity for tokenizers. */
  round(score: number): number;
}

/** A stretch of the best segmentation, in UTF-16 units; `id` is -1 for one unknown character. */
export interface Segment {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The best segmentation of `text`. Starts go left to right and lengths short to long, and only a
 * strictly better path replaces one, so on ties the earlier start wins. Candidates are rounded
 * before they are compared: SentencePiece (0.2.2) compares float32 sums, of which more are equal.
 */
export function viterbi(lattice: UnigramLattice, text: string): Segment[] {
  const points = new Int32Array(text.length);
  // Where each code point begins, and the last one ends.
  const places = new Int32Array(text.length + 1);
  let size = 0;
  for (let at = 0; at < text.length; places[size] = at) {
    const point = codePoint(text, at);
    points[size++] = point;
    at += point < 0x10000 ? 1 : 2;
  }
  const best = new Float64Array(size + 1);
  const from = new Int32Array(size + 1).fill(-1);
  const ids = new Int32Array(size + 1);

  for (let start = 0; start < size; start++) {
    const here = best[start]!;
    let single = false;
    let node = PieceTrie.root;
    let bytes = 0;
    for (let end = start; end < size; ) {
      const point = points[end++]!;
      node = lattice.trie.step(node, point);
      if (node < 0) break;
      bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      const id = lattice.trie.idAt(node);
      const score = id < 0 ? undefined : lattice.score(id, bytes);
      if (score === undefined) continue;
      update(start, end, lattice.round(score + here), id);
      if (end === start + 1) single = true;
    }
    if (!single) update(start, start + 1, lattice.round(lattice.unknownScore + here), -1);
  }

  function update(start: number, end: number, candidate: number, id: number): void {
    if (from[end] !== -1 && !(candidate > best[end]!)) return;
    best[end] = candidate;
    from[end] = start;
    ids[end] = id;
  }

  const segments: Segment[] = [];
  for (let end = size; end > 0; end = from[end]!) {
    segments.push({ id: ids[end]!, start: places[from[end]!]!, end: places[end]! });
  }
  return segments.reverse();
}
