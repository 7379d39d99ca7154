/** The asking side: a session whose programs run in a worker. */
import type { Plan, PlannedProgram } from "@sigil/spec";
import { InputError } from "../model/input-error.ts";
import type { Program } from "../model/program.ts";
import type { ProgramFactory } from "../model/session.ts";
import type { WeightSource } from "../weights/weight-source.ts";
import { Peer, type Handlers } from "./peer.ts";
import {
  fromPlain,
  sharedErrors,
  WorkerError,
  type ErrorClasses,
  type PlainError,
} from "./remote-error.ts";
import type { OpenRequest } from "./serve-sessions.ts";
import { weightHandlers } from "./weight-handlers.ts";

export interface WorkerOptions {
  /**
   * Run in a worker, so that the page stays responsive: `true` starts one, which ends with the
   * session; or one that runs the entry `@sigil/runtime-webgpu/worker` or
   * `@sigil/runtime-cpu/worker`, which may serve several sessions and stays the caller's.
   */
  readonly worker?: boolean | Worker;
}

export interface ConnectOptions {
  readonly worker: Worker;
  /** End the worker with the session. */
  readonly owned: boolean;
  readonly plan: Plan;
  readonly artifact: unknown;
  /**
   * The caller's: functions become messages, a signal reaches the worker. What a function throws
   * rejects the calls under way; where there are none, it is reported as an uncaught error.
   */
  readonly options: Readonly<Record<string, unknown>>;
  readonly weights: WeightSource;
  readonly handlers?: Handlers;
  /** Of errors that this backend throws. */
  readonly errors?: ErrorClasses;
}

/** What a Session is made of. */
export interface Connection {
  readonly create: ProgramFactory;
  readonly backend: string;
  /** What the worker's backend says of itself now. */
  about(): Promise<unknown>;
  close(): Promise<void>;
}

/** How long a worker may take to be there, in milliseconds; one that serves others may be busy. */
const mostSilence = 60_000;

/** Starts a module worker. Throws WorkerError where there are none. */
export function startWorker(start: () => Worker): Worker {
  if (typeof Worker === "undefined")
    throw new WorkerError("there are no Web Workers here: leave out `worker`");
  return start();
}

/**
 * Opens a session in a worker. Throws what opening it there throws, of the same class, or
 * WorkerError.
 */
export async function connectSession({
  worker,
  owned,
  plan,
  artifact,
  options,
  weights,
  handlers,
  errors,
}: ConnectOptions): Promise<Connection> {
  const { port1, port2 } = new MessageChannel();
  const classes = { ...sharedErrors, ...errors };
  const { signal, ...others } = options as { readonly signal?: AbortSignal };
  const entries = Object.entries(others);
  const listeners = Object.fromEntries(
    entries.filter(([, value]) => typeof value === "function"),
  ) as Readonly<Record<string, (...args: unknown[]) => void>>;
  /** Ends each call that waits for the worker. */
  const underWay = new Set<(error: unknown) => void>();
  let reading = new AbortController();
  const peer = new Peer(
    port1,
    {
      ...weightHandlers(weights, () =>
        signal ? AbortSignal.any([signal, reading.signal]) : reading.signal,
      ),
      ...handlers,
      event: (
        name: string,
        args: readonly ({ readonly value: unknown } | { readonly error: PlainError })[],
      ) => {
        try {
          listeners[name]?.(
            ...args.map((arg) => ("error" in arg ? fromPlain(arg.error, classes) : arg.value)),
          );
        } catch (error) {
          if (underWay.size === 0) throw error;
          for (const end of underWay) end(error);
          // Nobody is left for whom weights are read.
          reading.abort(error);
          reading = new AbortController();
        }
      },
    },
    classes,
  );
  const fail = (message: string, event?: Event): void => {
    event?.preventDefault();
    peer.close(new WorkerError(message));
  };
  const onFailure = (event: Event): void =>
    fail(
      `the worker failed${(event as ErrorEvent).message ? `: ${(event as ErrorEvent).message}` : "; could its script be loaded?"}`,
      event,
    );
  const onAbort = (): void => peer.tell("abort");
  const close = async (): Promise<void> => {
    await peer.call("dispose", []).catch(() => {});
    worker.removeEventListener("error", onFailure);
    signal?.removeEventListener("abort", onAbort);
    peer.close();
    if (owned) worker.terminate();
  };
  /**
   * What a listener throws is thrown by the calls that it was told of, as it is without a worker;
   * an abort is reported by its own reason, wherever it struck.
   */
  const call = (
    method: string,
    args: readonly unknown[],
    transfer: readonly Transferable[] = [],
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      underWay.add(reject);
      const fail = (error: unknown): void =>
        reject(method !== "run" && signal?.aborted ? signal.reason : error);
      peer
        .call(method, args, transfer)
        .then(resolve, fail)
        .finally(() => underWay.delete(reject));
    });
  worker.addEventListener("error", onFailure);
  signal?.addEventListener("abort", onAbort);
  try {
    signal?.throwIfAborted();
    worker.postMessage("sigil", [port2]);
    const silence = setTimeout(
      () =>
        fail(
          "the worker does not answer: it must run the entry @sigil/runtime-webgpu/worker or @sigil/runtime-cpu/worker",
        ),
      mostSilence,
    );
    await call("hello", []).finally(() => clearTimeout(silence));
    const request: OpenRequest = {
      plan,
      artifact,
      listeners: Object.keys(listeners),
      options: Object.fromEntries(
        entries.filter(([, value]) => ["string", "number", "boolean"].includes(typeof value)),
      ),
      weights: {
        name: weights.name,
        tensors: new Map(
          [...weights.tensors].map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
        ),
        metadata: weights.metadata,
      },
    };
    const backend = (await call("open", [request])) as string;
    const create = async (program: PlannedProgram): Promise<Program> => {
      signal?.throwIfAborted();
      await call("load", [program.name]);
      return { run: (inputs, symbols) => run(call, program, inputs, symbols), dispose: () => {} };
    };
    return { create, backend, about: () => peer.call("about", []), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function run(
  call: (
    method: string,
    args: readonly unknown[],
    transfer: readonly Transferable[],
  ) => Promise<unknown>,
  { name }: PlannedProgram,
  inputs: Parameters<Program["run"]>[0],
  symbols: Parameters<Program["run"]>[1],
): ReturnType<Program["run"]> {
  // The caller keeps its arrays, so copies are given away: of what is used of them, which may be a
  // part of a batch.
  const transfer: Transferable[] = [];
  const copies = Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => {
      if (!ArrayBuffer.isView(value)) return [key, value];
      const copy = value.slice();
      transfer.push(copy.buffer);
      return [key, copy];
    }),
  );
  return (await call("run", [name, copies, symbols], transfer).catch((error: unknown) => {
    if ((error as Error).name === "DataCloneError")
      throw new InputError(
        `${name}: an input cannot be sent to a worker: ${(error as Error).message}`,
      );
    throw error;
  })) as Awaited<ReturnType<Program["run"]>>;
}
