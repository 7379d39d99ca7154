/** A thread in a page: a module worker whose first message starts it. */
import type { Symbols } from "./extent.ts";
import { serve, type WorkerReport, type WorkerStart } from "./serve.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: WorkerReport): void;
};
scope.onmessage = ({ data }: MessageEvent<WorkerStart>) => {
  const run = serve(data, (message) => scope.postMessage(message));
  scope.onmessage = (event: MessageEvent<Symbols>) => run(event.data);
};
