/** The example's worker for pictures, when it fails while it has several. */
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";

class FakeWorker {
  static readonly all: FakeWorker[] = [];
  onerror: ((event: { readonly message: string }) => void) | undefined;
  readonly ports: MessagePort[] = [];
  terminated = false;
  constructor() {
    FakeWorker.all.push(this);
  }
  postMessage({ port }: { readonly port: MessagePort }): void {
    this.ports.push(port);
  }
  terminate(): void {
    this.terminated = true;
  }
}

afterEach(() => vi.unstubAllGlobals());

it(
  "rejects every picture that it had, none that it finished, and the next one has another " +
    "worker",
  async () => {
    vi.stubGlobal("Worker", FakeWorker);
    const { prepare } = (await import(
      pathToFileURL(join(import.meta.dirname, "../../examples/browser/src/pictures/prepare.ts"))
        .href
    )) as {
      prepare: (source: Blob, options: object) => Promise<{ readonly shape: readonly number[] }>;
    };
    const answer = { data: new Float32Array(1), shape: [1], decode: 0, resize: 0 };
    const pictures = [0, 1, 2].map(() => prepare(new Blob(), {}));
    const [worker] = FakeWorker.all as [FakeWorker];
    worker.ports[0]!.postMessage(answer);
    expect(await pictures[0]).toEqual(answer);
    worker.onerror!({ message: "out of memory" });
    for (const picture of pictures.slice(1))
      await expect(picture).rejects.toThrow("the worker that reads pictures failed: out of memory");
    const next = prepare(new Blob(), {});
    FakeWorker.all[1]!.ports[0]!.postMessage(answer);
    expect(await next).toEqual(answer);
    expect(FakeWorker.all.map(({ terminated }) => terminated)).toEqual([true, false]);
  },
);
