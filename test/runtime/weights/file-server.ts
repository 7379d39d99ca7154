/** A server of one file that misbehaves as it is told. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FileServer {
  readonly url: string;
  /** `[first, last]` of each request that has come. */
  readonly ranges: [number, number][];
  /** Requests that were under way at once, at most. */
  readonly most: () => number;
  bytes: Uint8Array;
  etag: string | undefined;
  /** Answers instead of the server, if it returns true. */
  instead:
    | ((request: IncomingMessage, response: ServerResponse, first: number, last: number) => boolean)
    | undefined;
  close(): void;
}

/** Sends the first `count` of a range's bytes and breaks the connection. */
export function breakAfter(
  server: FileServer,
  response: ServerResponse,
  first: number,
  last: number,
  count: number,
): true {
  response.writeHead(206, {
    "Content-Range": `bytes ${first}-${last}/${server.bytes.length}`,
    "Content-Length": last - first + 1,
    ...(server.etag && { ETag: server.etag }),
  });
  response.write(server.bytes.subarray(first, first + count), () =>
    setTimeout(() => response.destroy(), 5),
  );
  return true;
}

export async function fileServer(bytes: Uint8Array): Promise<FileServer> {
  let under = 0;
  let most = 0;
  const http = createServer((request, response) => {
    // Pages of another origin may read it; a request that needed their permission first would be
    // refused.
    if (request.method === "OPTIONS") return void response.writeHead(405).end();
    response
      .setHeader("Access-Control-Allow-Origin", "*")
      .setHeader("Access-Control-Expose-Headers", "ETag, Content-Range");
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    const [first, last] = [
      Number(from ?? 0),
      Math.min(Number(to ?? Infinity), server.bytes.length - 1),
    ];
    server.ranges.push([first, last]);
    most = Math.max(most, ++under);
    response.on("close", () => under--);
    if (server.instead?.(request, response, first, last)) return;
    if (server.etag) response.setHeader("ETag", server.etag);
    if (from === undefined) return void response.end(server.bytes);
    // Late enough for others to come meanwhile.
    setTimeout(
      () =>
        response
          .writeHead(206, {
            "Content-Range": `bytes ${first}-${last}/${server.bytes.length}`,
            "Content-Length": last - first + 1,
          })
          .end(server.bytes.subarray(first, last + 1)),
      3,
    );
  });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  const server: FileServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/model.safetensors`,
    ranges: [],
    most: () => most,
    bytes,
    etag: '"1"',
    instead: undefined,
    close() {
      http.close();
      http.closeAllConnections();
    },
  };
  return server;
}
