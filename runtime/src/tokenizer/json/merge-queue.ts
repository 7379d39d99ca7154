/** Ranks and places share a double: both are below this. */
export const places = 2 ** 26;

/** A binary heap of places where a merge can be made: lowest rank first, leftmost on ties. */
export class MergeQueue {
  private readonly heap: number[] = [];

  push(rank: number, at: number): void {
    const { heap } = this;
    const key = rank * places + at;
    let i = heap.push(key) - 1;
    for (; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (heap[parent]! <= key) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = key;
  }

  /** The rank and the place of the first merge. */
  pop(): { readonly rank: number; readonly at: number } | undefined {
    const { heap } = this;
    const top = heap[0];
    const key = heap.pop();
    if (top === undefined || key === undefined) return undefined;
    const size = heap.length;
    if (size > 0) {
      let i = 0;
      for (let child = 1; child < size; child = 2 * i + 1) {
        if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
        if (heap[child]! >= key) break;
        heap[i] = heap[child]!;
        i = child;
      }
      heap[i] = key;
    }
    return { rank: Math.floor(top / places), at: top % places };
  }
}
