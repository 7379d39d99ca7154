/** Two threads that call each other over a MessagePort. */
import type { MessagePort, Transferable } from "../platform.ts";
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
  /** Calls of this turn, which travel together: who reads for many can read for them at once. */
  #outbox: Message[] = [];
  #next = 0;
  #closed: Error | undefined;

  /** `classes` are those of errors that the other side may throw. */
  constructor(port: MessagePort, handlers: Handlers, classes: ErrorClasses) {
    this.#port = port;
    this.#handlers = handlers;
    this.#classes = classes;
    port.onmessage = ({ data }: MessageEvent<readonly Message[]>) => {
      for (const message of data) void this.#receive(message);
    };
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
      this.#waiting.set(id, { resolve, reject });
      this.#hold();
      const message = { kind: "call", id, method, args } satisfies Message;
      if (transfer.length > 0) this.#send(message, transfer);
      else if (this.#outbox.push(message) === 1) queueMicrotask(() => this.#flush());
    });
  }

  /** Calls without an answer; what the handler throws is reported over there. */
  tell(method: string, ...args: readonly unknown[]): void {
    this.#send({ kind: "tell", method, args });
  }

  /** After what was called before it. */
  #send(message: Message, transfer: readonly Transferable[] = []): void {
    this.#flush();
    this.#post([message], transfer);
  }

  #flush(): void {
    const messages = this.#outbox;
    this.#outbox = [];
    if (messages.length > 0) this.#post(messages, []);
  }

  #post(messages: readonly Message[], transfer: readonly Transferable[]): void {
    if (this.#closed) return;
    try {
      this.#port.postMessage(messages, [...transfer]);
    } catch (error) {
      // What cannot be cloned is the fault of one call, or of an answer.
      const [only] = messages;
      if (messages.length > 1) for (const message of messages) this.#post([message], []);
      else if (only?.kind === "call") this.#settle(only.id)?.reject(error);
      else throw error;
    }
  }

  #settle(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#hold();
    return waiting;
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
      const waiting = this.#settle(message.id);
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
          `the other thread has no ${message.method}; are both the same version of Sigil?`,
        );
      const result = await handler(...message.args);
      const { value, transfer } = result instanceof Given ? result : new Given(result, []);
      this.#send({ kind: "result", id: message.id, value }, transfer);
    } catch (error) {
      this.#send({ kind: "error", id: message.id, error: toPlain(error) });
    }
  }
}
