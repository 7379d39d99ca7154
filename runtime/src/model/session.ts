/**
 * Runs the programs of a plan. It loads each program when it is first used, checks its inputs, and
 * splits batches that are larger than the plan's.
 */
import type { Plan, PlannedProgram } from "@sigil/spec";
import type { WeightSource } from "../weights/weight-source.ts";
import { DisposedError } from "./disposed-error.ts";
import { InputError } from "./input-error.ts";
import { copyInputs, type Inputs } from "./copy-inputs.ts";
import type { DeviceBytes, HostData, Program, Tensor } from "./program.ts";
import type { Symbols } from "./extent.ts";
import { consoleWarning, type WarningCode, type WarningHandler } from "./warning.ts";

/** Loads one program of a plan on some backend. */
export type ProgramFactory = (program: PlannedProgram) => Promise<Program>;

type Data = Readonly<Record<string, HostData | DeviceBytes>>;

export interface SessionOptions {
  /** Checkpoint tensors for inputs that the runtime computes from them. Most models need none. */
  readonly weights?: Pick<WeightSource, "readFloat32">;
  /** Receives warnings. `console.warn` by default. */
  readonly onWarning?: WarningHandler;
  /** What programs run on; see {@link Session.backend}. */
  readonly backend?: string;
}

export class Session {
  readonly plan: Plan;
  /** What programs run on: the backend and, if known, its adapter or its threads. */
  readonly backend: string;
  readonly #create: ProgramFactory;
  readonly #weights: Pick<WeightSource, "readFloat32"> | undefined;
  readonly #onWarning: WarningHandler;
  readonly #warned = new Set<WarningCode>();
  readonly #tensors = new Map<string, Promise<Float32Array>>();
  readonly #programs = new Map<string, Promise<Program>>();
  /** Promises that settle when the runs have ended, whether they failed or not. */
  readonly #underWay = new Set<Promise<unknown>>();
  #disposed = false;

  constructor(
    plan: Plan,
    create: ProgramFactory,
    {
      weights,
      onWarning = consoleWarning,
      backend = "a backend without a name",
    }: SessionOptions = {},
  ) {
    this.plan = plan;
    this.#create = create;
    this.#weights = weights;
    this.#onWarning = onWarning;
    this.backend = backend;
  }

  /** Gives each kind of warning once. */
  warn(code: WarningCode, message: string): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    this.#onWarning({ code, message });
  }

  /** A checkpoint tensor. It is read when it is first asked for. */
  async tensor(name: string): Promise<Float32Array> {
    if (!this.#weights)
      throw new InputError(
        `${this.plan.name} needs ${name} while it runs: give its session the weights`,
      );
    const tensor = this.#tensors.get(name) ?? this.#weights.readFloat32(name);
    this.#tensors.set(name, tensor);
    return tensor;
  }

  /**
   * The program that takes one of these inputs. Throws InputError if the model was compiled without
   * one.
   */
  programOf(...inputs: readonly string[]): PlannedProgram {
    const program = this.plan.programs.find((p) =>
      p.inputs.some(({ name }) => inputs.includes(name)),
    );
    if (!program)
      throw new InputError(
        `${this.plan.name} was compiled without a program that takes ${inputs[0]}`,
      );
    return program;
  }

  /** Loads a program now instead of at its first run. */
  async load(program: PlannedProgram): Promise<Program> {
    if (this.#disposed) throw new DisposedError(this.plan.name);
    let loaded = this.#programs.get(program.name);
    if (!loaded) {
      loaded = this.#create(program);
      this.#programs.set(program.name, loaded);
      loaded.catch(() => this.#programs.delete(program.name));
    }
    return loaded;
  }

  /**
   * Runs a program. Absent inputs take their default. A batch that is too large is split into
   * several runs. Inputs in memory are copied before this returns, so the caller may change or
   * transfer them at once. Inputs on a device are read when the run begins.
   */
  run(program: PlannedProgram, inputs: Inputs, symbols: Symbols): Promise<Record<string, Tensor>> {
    const run = this.#run(program, inputs, symbols);
    const settled: Promise<unknown> = run.then(
      () => this.#underWay.delete(settled),
      () => this.#underWay.delete(settled),
    );
    this.#underWay.add(settled);
    return run;
  }

  async #run(
    program: PlannedProgram,
    inputs: Inputs,
    symbols: Symbols,
  ): Promise<Record<string, Tensor>> {
    const given = copyInputs(program, inputs, symbols);
    const loaded = await this.load(program);
    for (const [name, data] of Object.entries(given))
      if (!ArrayBuffer.isView(data) && data.device !== loaded.device)
        throw new InputError(
          `${name}: lies where ${data.device} can read it, and the model runs on ` +
            `${this.backend}: give it a Uint8Array`,
        );
    const entries = Object.entries(symbols);
    const [symbol, total] = entries[0]!;
    const most = program.symbols[symbol]!;
    if (entries.length > 1 || total <= most) return runOnce(loaded, given, symbols);
    const parts: Record<string, Tensor>[] = [];
    for (let begin = 0; begin < total; begin += most) {
      const size = Math.min(most, total - begin);
      const slice = Object.fromEntries(
        Object.entries(given).map(([name, data]) => [
          name,
          data.subarray((data.length / total) * begin, (data.length / total) * (begin + size)),
        ]),
      );
      parts.push(await runOnce(loaded, slice, { [symbol]: size }));
    }
    return Object.fromEntries(
      Object.keys(parts[0]!).map((name) => [name, concatenate(parts.map((part) => part[name]!))]),
    );
  }

  /**
   * Frees every program once the current runs have ended, including all runs of a split batch. Runs
   * after that throw DisposedError.
   */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all(this.#underWay);
    for (const program of await Promise.allSettled(this.#programs.values()))
      if (program.status === "fulfilled") await program.value.dispose();
    this.#programs.clear();
  }
}

/** Gives inputs that lie on a device separately from the others. */
function runOnce(loaded: Program, data: Data, symbols: Symbols): ReturnType<Program["run"]> {
  const inputs: Record<string, HostData> = {};
  const onDevice: Record<string, DeviceBytes> = {};
  for (const [name, values] of Object.entries(data)) {
    if (ArrayBuffer.isView(values)) inputs[name] = values;
    else onDevice[name] = values;
  }
  return Object.keys(onDevice).length > 0
    ? loaded.run(inputs, symbols, onDevice)
    : loaded.run(inputs, symbols);
}

function concatenate(parts: readonly Tensor[]): Tensor {
  const data = new Float32Array(parts.reduce((n, part) => n + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return {
    data,
    shape: [parts.reduce((n, part) => n + part.shape[0]!, 0), ...parts[0]!.shape.slice(1)],
  };
}
