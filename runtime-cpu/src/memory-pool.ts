/**
 * Memories that programs have done with. The collector counts a shared memory as a few bytes, so
 * that gigabytes of them can wait for it; here they are taken again before new ones are asked for.
 */

interface Done {
  readonly memory: WeakRef<WebAssembly.Memory>;
  readonly pages: number;
  readonly shared: boolean;
}

const page = 65536;
/** Weak, so that what the collector would free is not kept. */
let done: readonly Done[] = [];

/** A memory of at least so many pages, all of it zero. Throws the engine's RangeError. */
export function takeMemory(pages: number, shared: boolean): WebAssembly.Memory {
  // A small program in a large memory would leave none for the large program that comes next.
  const fits = done
    .filter((one) => one.shared === shared && one.pages >= pages && one.pages <= 2 * pages)
    .sort((a, b) => a.pages - b.pages);
  for (const one of fits) {
    const memory = one.memory.deref();
    done = done.filter((other) => other !== one && other.memory.deref());
    if (!memory) continue;
    // Eight bytes a step: V8 fills shared memory element by element.
    new Float64Array(memory.buffer).fill(0);
    return memory;
  }
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
}

/** Nothing may read or write the memory any more. */
export function giveBack(memory: WebAssembly.Memory, shared: boolean): void {
  const pages = memory.buffer.byteLength / page;
  done = [
    ...done.filter((one) => one.memory.deref()),
    { memory: new WeakRef(memory), pages, shared },
  ];
}
