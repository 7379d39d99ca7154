import { codePoint } from "@sigil/spec/shared";

/** A trie from code point sequences to ids, kept in one open-addressing hash table. */
export class PieceTrie {
  private capacity = 1 << 12;
  private parents = new Int32Array(this.capacity).fill(-1);
  private codePoints = new Int32Array(this.capacity);
  private children = new Int32Array(this.capacity);
  private nodes = 1;
  private readonly ids: number[] = [-1];

  /** The node of the empty prefix. */
  static readonly root = 0;

  /** Adds a piece; of two equal ones the later wins. */
  add(piece: string, id: number): void {
    let node = PieceTrie.root;
    for (const char of piece) {
      const point = codePoint(char);
      const next = this.step(node, point);
      node = next < 0 ? this.insert(node, point) : next;
    }
    this.ids[node] = id;
  }

  /** The node reached from `node` by the code point, or -1. */
  step(node: number, point: number): number {
    const slot = this.slot(node, point);
    return this.parents[slot]! < 0 ? -1 : this.children[slot]!;
  }

  /** The id of the piece ending at `node`, or -1. */
  idAt(node: number): number {
    return this.ids[node]!;
  }

  private slot(node: number, point: number): number {
    const mask = this.capacity - 1;
    let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(point, 0x85ebca6b)) & mask;
    slot ^= slot >>> 7;
    while (
      this.parents[slot]! >= 0 &&
      (this.parents[slot] !== node || this.codePoints[slot] !== point)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private insert(parent: number, point: number): number {
    if (2 * this.nodes >= this.capacity) this.grow();
    const node = this.nodes++;
    this.ids.push(-1);
    this.put(parent, point, node);
    return node;
  }

  private put(parent: number, point: number, child: number): void {
    const slot = this.slot(parent, point);
    this.parents[slot] = parent;
    this.codePoints[slot] = point;
    this.children[slot] = child;
  }

  private grow(): void {
    const { parents, codePoints, children } = this;
    this.capacity *= 2;
    this.parents = new Int32Array(this.capacity).fill(-1);
    this.codePoints = new Int32Array(this.capacity);
    this.children = new Int32Array(this.capacity);
    for (let i = 0; i < parents.length; i++) {
      if (parents[i]! >= 0) this.put(parents[i]!, codePoints[i]!, children[i]!);
    }
  }
}
