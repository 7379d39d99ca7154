/** A thread in Node (worker_threads). */
import { parentPort, workerData } from "node:worker_threads";
import { serve, type WorkerStart } from "./serve.ts";

parentPort!.on(
  "message",
  serve(workerData as WorkerStart, (message) => parentPort!.postMessage(message)),
);
