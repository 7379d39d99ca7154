// A worker of queue.test.ts: `node worker.mjs URL`.
import { startWorker } from "@sigil/bulk";
import { CountedEmbedder } from "../../build/test/bulk/counted-embedder.js";

await startWorker(process.argv[2], {
  open: async () => new CountedEmbedder(2),
  lockDuration: 1000,
});
