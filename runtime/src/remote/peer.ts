/** Two threads that call each other over a MessagePort. */
import {
  fromPlain,
  toPlain,
  WorkerError,
  type ErrorClasses,
  type PlainError,
} from "./remote-error.ts";
import { reporting } from "./reporting.ts";

/** A result some of whose buffers are given away rather than copied. */
export class Given {
  readonly value: unknown;
  readonly transfer: readonly Transferable[];

  constructor(value: unknown, transfer: readonly Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** What the other side may call, by name. */
export type Handlers = Readonly<Record<string, (...args: never[]) => unknown>>;

type Message =
  | {
      readonly kind: "call";
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | { readonly kind: "tell"; readonly method: string; readonly args: readonly unknown[] }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: PlainError };

export class Peer {
  readonly #port: MessagePort;
  readonly #handlers: Handlers;
  readonly #classes: ErrorClasses;
  readonly #waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }
  >();
  #next = 0;
  #closed: Error | undefined;

  /** `classes` are those of errors that the other side may throw. */
  constructor(port: MessagePort, handlers: Handlers, classes: ErrorClasses) {
    this.#port = port;
    this.#handlers = handlers;
    this.#classes = classes;
    port.onmessage = ({ data }: MessageEvent<Message>) => void this.#receive(data);
    this.#hold();
  }

  /** In Node, a call that waits keeps the process alive, and a conversation at rest does not. */
  #hold(): void {
    const port = this.#port as MessagePort & { ref?(): void; unref?(): void };
    if (this.#waiting.size > 0) port.ref?.();
    else port.unref?.();
  }

  /** Calls a handler of the other side; rejects with what it throws. */
  call(
    method: string,
    args: readonly unknown[],
    transfer: readonly Transferable[] = [],
  ): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#port.postMessage({ kind: "call", id, method, args } satisfies Message, [...transfer]);
      this.#waiting.set(id, { resolve, reject });
      this.#hold();
    });
  }

  /** Calls without an answer; what the handler throws is reported over there. */
  tell(method: string, ...args: readonly unknown[]): void {
    if (!this.#closed) this.#port.postMessage({ kind: "tell", method, args } satisfies Message);
  }

  /** Ends the conversation; what still waits is rejected. */
  close(reason: Error = new WorkerError("the session was closed")): void {
    if (this.#closed) return;
    this.#closed = reason;
    this.#port.close();
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  async #receive(message: Message): Promise<void> {
    if (message.kind === "result" || message.kind === "error") {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      this.#hold();
      if (message.kind === "result") waiting?.resolve(message.value);
      else waiting?.reject(fromPlain(message.error, this.#classes));
      return;
    }
    const handler = this.#handlers[message.method] as
      | ((...args: readonly unknown[]) => unknown)
      | undefined;
    if (message.kind === "tell") return handler && reporting(handler)(...message.args);
    try {
      if (!handler)
        throw new WorkerError(
          `the other thread has no ${message.method}; are both of one version of Sigil?`,
        );
      const result = await handler(...message.args);
      const { value, transfer } = result instanceof Given ? result : new Given(result, []);
      if (!this.#closed)
        this.#port.postMessage({ kind: "result", id: message.id, value } satisfies Message, [
          ...transfer,
        ]);
    } catch (error) {
      if (!this.#closed)
        this.#port.postMessage({
          kind: "error",
          id: message.id,
          error: toPlain(error),
        } satisfies Message);
    }
  }
}
