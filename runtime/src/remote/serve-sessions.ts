/** The worker's side: opens sessions that other threads ask for, and runs their programs. */
import type { Plan } from "@sigil/spec";
import type { MessagePort } from "../platform.ts";
import type { Session } from "../model/session.ts";
import type { WeightSource } from "../weights/weight-source.ts";
import { holdLifeline } from "./lifeline.ts";
import { Given, Peer } from "./peer.ts";
import { sharedErrors, toPlain } from "./remote-error.ts";
import { remoteWeights, type WeightsDescription } from "./remote-weights.ts";
import { builtin, inNode } from "./worker-host.ts";

/** What a session is opened with. */
export interface OpenRequest {
  readonly plan: Plan;
  /** What of the artifact can be cloned. */
  readonly artifact: unknown;
  /** The options that are strings, numbers and booleans. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The names of those that are functions. */
  readonly listeners: readonly string[];
  readonly weights: WeightsDescription;
}

/** A session, and what its backend says of it. */
export interface Served {
  readonly session: Session;
  about?(): unknown;
}

/**
 * Opens a session without loading its programs; `ask` calls a handler of the thread that asked for
 * it.
 */
export type OpenServed = (
  request: {
    readonly plan: Plan;
    readonly artifact: unknown;
    readonly options: Readonly<Record<string, unknown>>;
  },
  weights: WeightSource,
  ask: (method: string, ...args: readonly unknown[]) => Promise<unknown>,
) => Promise<Served>;

type Inputs = Parameters<Awaited<ReturnType<Session["load"]>>["run"]>[0];
type Symbols = Parameters<Awaited<ReturnType<Session["load"]>>["run"]>[1];

interface Scope {
  onmessage: ((event: MessageEvent) => void) | null;
}

/** Serves a session on each port that is posted to this worker, of a page or of Node. */
export function serveHere(open: OpenServed): void {
  const port = inNode() ? builtin("node:worker_threads").parentPort : undefined;
  serveSessions((port ?? globalThis) as unknown as Scope, open);
}

/** Serves a session on each port that is posted to this scope. */
export function serveSessions(scope: Scope, open: OpenServed): void {
  scope.onmessage = ({ data, ports: [port] }: MessageEvent<unknown>) => {
    if (data === "sigil" && port) serveSession(port, open);
  };
}

/** Serves one session on a port. */
export function serveSession(port: MessagePort, open: OpenServed): void {
  const stop = new AbortController();
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let served: Session | undefined;
  let disposed = false;
  const dispose = async (): Promise<void> => {
    disposed = true;
    stop.abort();
    await served?.dispose();
    release();
  };
  let describe: Served["about"];
  const programOf = async (name: string) => {
    const program = served?.plan.programs.find((each) => each.name === name);
    if (!served || !program) throw new Error(`internal: no session has a program ${name}`);
    return served.load(program);
  };
  const peer = new Peer(
    port,
    {
      hello: (watched: boolean) => (watched ? holdLifeline(released) : undefined),
      open: async ({ plan, artifact, options, listeners, weights }: OpenRequest) => {
        const told = Object.fromEntries(
          listeners.map((name) => [
            name,
            (...args: readonly unknown[]) =>
              peer.tell(
                "event",
                name,
                args.map((value) =>
                  value instanceof Error ? { error: toPlain(value) } : { value },
                ),
              ),
          ]),
        );
        const { session, about } = await open(
          { plan, artifact, options: { ...options, ...told, signal: stop.signal } },
          remoteWeights(peer, weights),
          (method, ...args) => peer.call(method, args),
        );
        // Who asked may have left meanwhile.
        if (disposed) await session.dispose();
        served = session;
        describe = about;
        return session.backend;
      },
      about: () => describe?.(),
      load: async (name: string) => void (await programOf(name)),
      run: async (name: string, inputs: Inputs, symbols: Symbols) => {
        const outputs = await (await programOf(name)).run(inputs, symbols);
        return new Given(
          outputs,
          Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer),
        );
      },
      abort: () => stop.abort(),
      dispose,
    },
    sharedErrors,
  );
  // A page that is closed, or a thread that ends, disposes of nothing; where ports have no such
  // event its worker ends with it, or keeps the session.
  port.addEventListener("close", () => void dispose());
}
