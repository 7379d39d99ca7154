/** The calling side: a session whose programs run in a worker. */
import type { Plan, PlannedProgram } from "@sigil/spec";
import type { Transferable, Worker } from "../platform.ts";
import { InputError } from "../model/input-error.ts";
import type { Program } from "../model/program.ts";
import type { ProgramFactory } from "../model/session.ts";
import type { WeightSource } from "../weights/weight-source.ts";
import { onAbort } from "../weights/on-abort.ts";
import { watchLifeline } from "./lifeline.ts";
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
import { giveTo, inNode, watchWorker, type NodeWorker } from "./worker-host.ts";

export interface WorkerOptions {
  /**
   * Run in a worker, so that the page or the server stays responsive. `true` starts a worker that
   * ends with the session. Or give a worker of your own (in Node, of worker_threads) that runs the
   * entry `@sigil/runtime-webgpu/worker` or `@sigil/runtime-cpu/worker`. It may serve several
   * sessions, and Sigil does not end it.
   */
  readonly worker?: boolean | Worker | NodeWorker;
}

export interface ConnectOptions {
  readonly worker: Worker | NodeWorker;
  /** End the worker with the session. */
  readonly owned: boolean;
  readonly plan: Plan;
  readonly artifact: unknown;
  /**
   * Options of the caller. Functions are called by messages, and a signal reaches the worker. What
   * a function throws rejects the pending calls; without any, it is reported as an uncaught error.
   */
  readonly options: Readonly<Record<string, unknown>>;
  readonly weights: WeightSource;
  readonly handlers?: Handlers;
  /** Classes of the errors that this backend throws. */
  readonly errors?: ErrorClasses;
}

/** The parts that a Session is made of. */
export interface Connection {
  readonly create: ProgramFactory;
  readonly backend: string;
  /** How the backend in the worker describes itself now. */
  about(): Promise<unknown>;
  /** Waits until the requested runs and an owned worker have ended. */
  close(): Promise<void>;
}

/**
 * How long a worker may take to answer, in milliseconds. A worker with other sessions may be busy.
 */
const mostSilence = 60_000;

/**
 * Opens a session in a worker. Throws the error that the worker throws, in the same class; the
 * reason of the signal as soon as it aborts; or WorkerError. If it throws, an owned worker has
 * ended.
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
  /** Rejects the calls that wait for the worker. */
  const underWay = new Set<(error: unknown) => void>();
  let reading = new AbortController();
  const peer = new Peer(
    port1,
    {
      ...weightHandlers(weights, () => reading.signal),
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
  const fail = (message: string): void => {
    peer.close(new WorkerError(message));
    // Weights that are on their way have nowhere to go.
    reading.abort(new WorkerError(message));
    if (owned) void worker.terminate();
  };
  const unwatch = watchWorker(worker, port1, fail);
  const gone = new AbortController();
  const leave =
    signal &&
    onAbort(signal, () => {
      peer.tell("abort");
      reading.abort(signal.reason);
    });
  const end = async (): Promise<void> => {
    leave?.();
    gone.abort();
    peer.close();
    if (owned) await worker.terminate();
    unwatch();
  };
  const close = async (): Promise<void> => {
    await peer.call("dispose", []).catch(() => {});
    await end();
  };
  /**
   * If a listener throws, the calls that it belongs to throw its error, as they do without a
   * worker. An abort ends loading at once, whatever the worker does, and rejects with its own
   * reason.
   */
  const call = (
    method: string,
    args: readonly unknown[],
    transfer: readonly Transferable[] = [],
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      underWay.add(reject);
      const stopped = method === "run" ? undefined : signal;
      const stay = stopped && onAbort(stopped, () => reject(stopped.reason));
      peer
        .call(method, args, transfer)
        .then(resolve, (error: unknown) => reject(stopped?.aborted ? stopped.reason : error))
        .finally(() => {
          underWay.delete(reject);
          stay?.();
        });
    });
  try {
    signal?.throwIfAborted();
    giveTo(worker, port2);
    const silence = setTimeout(
      () =>
        fail(
          "the worker does not answer: it must run the entry @sigil/runtime-webgpu/worker or " +
            "@sigil/runtime-cpu/worker",
        ),
      mostSilence,
    );
    // Nobody else has an owned worker, so nobody else can end it.
    const watched = !owned && !inNode();
    const lifeline = await call("hello", [watched]).finally(() => clearTimeout(silence));
    if (typeof lifeline === "string")
      watchLifeline(lifeline, gone.signal, () => fail("the worker has ended"));
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
    // A worker that never answered would not answer this either.
    peer.tell("dispose");
    await end();
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
  // Arrays are given away, or copies of what is used of them: it may be a part of a batch.
  const transfer: Transferable[] = [];
  const copies = Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => {
      if (!ArrayBuffer.isView(value)) return [key, value];
      const whole = value.byteLength === value.buffer.byteLength;
      const copy = whole ? value : value.slice();
      transfer.push(copy.buffer as ArrayBuffer);
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
