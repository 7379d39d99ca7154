/** A merge that can be made at a position. */
export interface MergeCandidate {
  readonly rank: number;
  readonly id: number;
  readonly at: number;
}

/** A binary heap of merges: lowest rank first, leftmost on ties. */
export class MergeQueue {
  private readonly heap: MergeCandidate[] = [];

  push(candidate: MergeCandidate): void {
    const { heap } = this;
    let i = heap.push(candidate) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i]!, heap[parent]!)) break;
      this.swap(i, parent);
      i = parent;
    }
  }

  pop(): MergeCandidate | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return top;
    heap[0] = last!;
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
      }
      if (least === i) return top;
      this.swap(i, least);
      i = least;
    }
  }

  private swap(a: number, b: number): void {
    const held = this.heap[a]!;
    this.heap[a] = this.heap[b]!;
    this.heap[b] = held;
  }
}

function before(a: MergeCandidate, b: MergeCandidate): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.at < b.at);
}
