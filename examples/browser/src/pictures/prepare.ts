/** Pictures to what the vision tower takes, in a worker. */
import { ImageError, type ImageProcessorOptions } from "@sigil/runtime";
import type { Pixels } from "../model.ts";

/** A picture as files have it, or a frame that is decoded already; a frame is used up. */
export type PictureSource = Blob | ImageBitmap;

export interface PrepareRequest {
  readonly source: PictureSource;
  readonly options: ImageProcessorOptions;
  readonly port: MessagePort;
}

/** Normalised pixels, and the milliseconds that it took to get there. */
export interface Prepared {
  readonly pixelValues: Pixels;
  readonly decode: number;
  readonly resize: number;
}

export type PrepareAnswer =
  | Prepared
  | { readonly error: { readonly name: string; readonly message: string } };

interface Running {
  readonly worker: Worker;
  /** Rejects each picture that the worker has. */
  readonly waiting: Set<(error: Error) => void>;
}

let running: Running | undefined;

function start(): Running {
  const started: Running = {
    worker: new Worker(new URL("./prepare-worker.ts", import.meta.url), { type: "module" }),
    waiting: new Set(),
  };
  started.worker.onerror = ({ message }) => {
    // The next picture tries another one.
    if (running === started) running = undefined;
    started.worker.terminate();
    for (const reject of started.waiting)
      reject(
        new Error(`the worker that reads pictures failed${message ? `: ${message}` : " to load"}`),
      );
  };
  return started;
}

/**
 * Throws ImageError for what is no picture, and an Error for each that a worker had when it failed.
 */
export function prepare(source: PictureSource, options: ImageProcessorOptions): Promise<Prepared> {
  const { worker, waiting } = (running ??= start());
  const { port1, port2 } = new MessageChannel();
  return new Promise<Prepared>((resolve, reject) => {
    const fail = (error: Error): void => {
      port1.close();
      reject(error);
    };
    waiting.add(fail);
    port1.onmessage = ({ data: answer }: MessageEvent<PrepareAnswer>) => {
      waiting.delete(fail);
      port1.close();
      if (!("error" in answer)) resolve(answer);
      else
        reject(
          answer.error.name === "ImageError"
            ? new ImageError(answer.error.message)
            : Object.assign(new Error(answer.error.message), { name: answer.error.name }),
        );
    };
    worker.postMessage(
      { source, options, port: port2 } satisfies PrepareRequest,
      source instanceof Blob ? [port2] : [port2, source],
    );
  });
}
