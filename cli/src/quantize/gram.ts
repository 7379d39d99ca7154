import { accumulator, emitCpu } from "@sigil/compiler/internal";

/** Rows that are multiplied at once. */
const blockRows = 256;
/** Rows of the weights' panels of a Gemm on the CPU. */
const panelWidth = 8;
/** Of the panels; of each part only the rows in or above its part of the triangle are computed. */
const parts = 4;

/** Adds the upper triangle of X^T X to sums, X being `[blockRows, size]`. */
type AddProducts = (block: Float32Array, sums: Float32Array) => void;

/**
 * The Gram matrix of a linear's inputs, `[size, size]`: sums of their products, which say how much
 * an error of each weight matters.
 */
export class Gram {
  readonly size: number;
  readonly #sums: Float32Array;
  readonly #block: Float32Array;
  readonly #addProducts: AddProducts;
  #waiting = 0;

  private constructor(size: number, addProducts: AddProducts) {
    this.size = size;
    this.#sums = new Float32Array(size * size);
    this.#block = new Float32Array(blockRows * size);
    this.#addProducts = addProducts;
  }

  static async create(size: number): Promise<Gram> {
    return new Gram(size, await productsOf(size));
  }

  add(row: Float32Array): void {
    this.#block.set(row, this.size * this.#waiting++);
    if (this.#waiting === blockRows) this.#addBlock();
  }

  /** `[size, size]`; the upper triangle alone. */
  get sums(): Float32Array {
    if (this.#waiting > 0) this.#addBlock();
    return this.#sums;
  }

  #addBlock(): void {
    this.#block.fill(0, this.size * this.#waiting);
    this.#addProducts(this.#block, this.#sums);
    this.#waiting = 0;
  }
}

const known = new Map<number, Promise<AddProducts>>();

/** The CPU's own Gemm, once for each size: X^T as the rows, X as the weight that it is. */
function productsOf(size: number): Promise<AddProducts> {
  const found = known.get(size) ?? compileProducts(size);
  known.set(size, found);
  return found;
}

async function compileProducts(size: number): Promise<AddProducts> {
  const problem = {
    family: "gemm",
    rows: { symbols: ["rows"], factor: 1 },
    columns: size,
    depth: blockRows,
    b: { kind: "weight", storage: "float32" },
    a: { kind: "rows", stride: blockRows },
    epilogue: accumulator,
    epilogueOperands: [],
  } as const;
  const { wasm, kernels } = await emitCpu(
    [{ problem, origins: ["gram"], operands: { length: 3 } }],
    { relaxed: false, sharedMemory: false },
  );
  const [kernel] = kernels as [(typeof kernels)[number]];
  const panels = Math.ceil(size / panelWidth);
  const counts = [size * blockRows, panels * panelWidth * blockRows, size * size];
  const places = counts.map((_, i) => counts.slice(0, i).reduce((a, b) => a + 4 * b, 1024));
  const scratch = 64 * Math.ceil((places[2]! + 4 * counts[2]!) / 64);
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((scratch + kernel.scratchBytes + 4096) / 65536),
  });
  const module = await WebAssembly.compile(wasm as BufferSource);
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const multiply = exports[kernel.name] as (...args: number[]) => void;
  const [turned, packed, products] = counts.map(
    (count, i) => new Float32Array(memory.buffer, places[i], count),
  ) as [Float32Array, Float32Array, Float32Array];
  return (block, sums) => {
    for (let row = 0; row < blockRows; row++)
      for (let column = 0; column < size; column++) {
        const x = block[row * size + column]!;
        turned[column * blockRows + row] = x;
        packed[((column >> 3) * blockRows + row) * panelWidth + (column & 7)] = x;
      }
    for (let part = 0, begin = 0; part < parts; part++) {
      const end = Math.floor(((part + 1) * panels) / parts);
      const rows = Math.min(size, panelWidth * end);
      multiply(...places, rows, scratch, begin, end);
      begin = end;
    }
    for (let row = 0; row < size; row++)
      for (let i = row * (size + 1); i < (row + 1) * size; i++) sums[i]! += products[i]!;
  };
}
