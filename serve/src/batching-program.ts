/** Joins runs that arrive during another run, or within a moment of each other. */
import type { Program } from "@sigil/runtime/internal";
import type { PlannedProgram } from "@sigil/spec";
import { OverloadedError } from "./overloaded-error.ts";

type Inputs = Parameters<Program["run"]>[0];
type Outputs = Awaited<ReturnType<Program["run"]>>;

export interface BatchingOptions {
  /** Milliseconds that a run may wait for others while nothing runs. */
  readonly maxDelay: number;
  /** How many rows (pictures, texts) may wait. More are refused with an OverloadedError. */
  readonly maxWaiting: number;
  /** Called for each run with its program, its rows and requests, and the seconds it took. */
  readonly onRun?: (run: BatchedRun) => void;
}

export interface BatchedRun {
  readonly program: string;
  readonly rows: number;
  readonly requests: number;
  readonly seconds: number;
}

interface Request {
  readonly inputs: Inputs;
  readonly rows: number;
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A program whose runs are joined along the batch, up to the largest planned batch. A program with
 * two symbols (scores of every picture with every text) is not joined.
 */
export class BatchingProgram implements Program {
  readonly #program: Program;
  readonly #name: string;
  readonly #symbol: string | undefined;
  readonly #most: number;
  readonly #options: BatchingOptions;
  #waiting: Request[] = [];
  #waitingRows = 0;
  #running = false;
  /** A moving average, from which a refused client learns when to come again. */
  #secondsPerRow = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(program: Program, planned: PlannedProgram, options: BatchingOptions) {
    const symbols = Object.entries(planned.symbols);
    this.#program = program;
    this.#name = planned.name;
    this.#options = options;
    const [only, ...others] = symbols;
    [this.#symbol, this.#most] = only && others.length === 0 ? only : [undefined, 0];
  }

  /** Rows that have not begun to run. */
  get waitingRows(): number {
    return this.#waitingRows;
  }

  async run(inputs: Inputs, symbols: Readonly<Record<string, number>>): Promise<Outputs> {
    if (this.#symbol === undefined) return this.#program.run(inputs, symbols);
    const rows = symbols[this.#symbol]!;
    if (this.#waitingRows + rows > this.#options.maxWaiting)
      throw new OverloadedError(this.#name, this.#retryAfter());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ inputs, rows, resolve, reject });
      this.#waitingRows += rows;
      this.#schedule();
    });
  }

  async dispose(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#program.dispose();
  }

  #retryAfter(): number {
    return Math.max(1, Math.ceil(this.#waitingRows * this.#secondsPerRow));
  }

  /** What gathered during a run goes at once; else the first of a batch waits for others. */
  #schedule(): void {
    if (this.#running) return;
    if (this.#waitingRows >= this.#most) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), this.#options.maxDelay);
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#take();
    this.#running = true;
    void this.#runBatch(batch).finally(() => {
      this.#running = false;
      if (this.#waiting.length > 0) this.#start();
    });
  }

  /** The oldest requests that fit one run and give the same inputs. */
  #take(): readonly Request[] {
    const given = Object.keys(this.#waiting[0]!.inputs).sort().join();
    let rows = 0;
    const batch: Request[] = [];
    const rest: Request[] = [];
    for (const request of this.#waiting) {
      const fits = rows + request.rows <= this.#most || batch.length === 0;
      if (fits && Object.keys(request.inputs).sort().join() === given) {
        batch.push(request);
        rows += request.rows;
      } else rest.push(request);
    }
    this.#waiting = rest;
    this.#waitingRows -= rows;
    return batch;
  }

  async #runBatch(batch: readonly Request[]): Promise<void> {
    const rows = batch.reduce((sum, request) => sum + request.rows, 0);
    const begin = performance.now();
    try {
      if (this.#symbol === undefined) throw new Error("internal: a batch of no symbol is run");
      const outputs = await this.#program.run(joined(batch), { [this.#symbol]: rows });
      const seconds = (performance.now() - begin) / 1000;
      this.#secondsPerRow = 0.8 * this.#secondsPerRow + (0.2 * seconds) / rows;
      this.#options.onRun?.({ program: this.#name, rows, requests: batch.length, seconds });
      let from = 0;
      for (const request of batch) {
        request.resolve(batch.length === 1 ? outputs : rowsOf(outputs, from, request.rows, rows));
        from += request.rows;
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

function joined(batch: readonly Request[]): Inputs {
  const [first] = batch as [Request];
  if (batch.length === 1) return first.inputs;
  return Object.fromEntries(
    Object.entries(first.inputs).map(([name, { constructor }]) => {
      const parts = batch.map(({ inputs }) => inputs[name]!);
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      const whole = new (constructor as Float32ArrayConstructor)(length);
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      return [name, whole];
    }),
  );
}

/** Copies, so that a caller who keeps one row does not keep them all. */
const rowsOf = (outputs: Outputs, from: number, count: number, all: number): Outputs =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { data, shape }]) => {
      const each = data.length / all;
      return [
        name,
        {
          data: data.slice(from * each, (from + count) * each),
          shape: [(shape[0]! / all) * count, ...shape.slice(1)],
        },
      ];
    }),
  );
