/** A worker in this thread: what a page posts to it arrives as it would there. */
export class LocalWorker extends EventTarget {
  readonly scope: { onmessage: ((event: MessageEvent) => void) | null } = { onmessage: null };
  terminated = false;
  postMessage(data: unknown, ports: MessagePort[]): void {
    this.scope.onmessage?.({ data, ports } as unknown as MessageEvent);
  }
  terminate(): void {
    this.terminated = true;
  }
}
