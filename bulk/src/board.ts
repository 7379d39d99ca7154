import { Queue } from "bullmq";
import { BulkError } from "./bulk-error.ts";
import { connected, queueName } from "./queue.ts";

export interface Board {
  readonly address: string;
  readonly close: () => Promise<void>;
}

/**
 * Serves Bull Board, a page that shows shards and lets you retry and remove them. Only this machine
 * can reach it. Throws BulkError if its packages are not installed.
 */
export async function serveBoard(url: string, port: number): Promise<Board> {
  const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }, { fastify }] =
    await Promise.all([
      import("@bull-board/api"),
      import("@bull-board/api/bullMQAdapter"),
      import("@bull-board/fastify"),
      import("fastify"),
    ]).catch((cause: unknown) => {
      throw new BulkError(
        "queue",
        "the page needs packages: npm install @bull-board/api @bull-board/fastify fastify",
        { cause },
      );
    });
  const connection = await connected(url);
  const queue = new Queue(queueName, { connection });
  const adapter = new FastifyAdapter();
  createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter: adapter });
  const app = fastify();
  await app.register(adapter.registerPlugin());
  const address = await app.listen({ port, host: "127.0.0.1" });
  return {
    address,
    async close(): Promise<void> {
      await app.close();
      await queue.close();
      connection.disconnect();
    },
  };
}
