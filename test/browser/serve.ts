/**
 * Serves files of the repository to a page, with byte ranges, and with the headers that let a page
 * share memory if asked.
 */
import { createReadStream, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
};

export interface Served {
  readonly origin: string;
  readonly requests: string[];
  close(): void;
}

export async function serve(
  root: string,
  pages: Readonly<Record<string, string>>,
  { isolated }: { readonly isolated: boolean },
): Promise<Served> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    requests.push(
      `${request.method} ${path}${request.headers.range ? ` ${request.headers.range}` : ""}`,
    );
    if (isolated)
      response
        .setHeader("cross-origin-opener-policy", "same-origin")
        .setHeader("cross-origin-embedder-policy", "require-corp");
    const page = pages[path];
    if (page !== undefined) return response.setHeader("content-type", "text/html").end(page);
    const file = join(root, normalize(path));
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found?.isFile()) return response.writeHead(404).end();
    response
      .setHeader("content-type", types[extname(file)] ?? "application/octet-stream")
      .setHeader("accept-ranges", "bytes");
    const [, from, to] = /^bytes=(\d+)-(\d+)?$/.exec(request.headers.range ?? "") ?? [];
    if (from === undefined)
      return createReadStream(file).pipe(response.setHeader("content-length", found.size));
    const [start, end] = [Number(from), Math.min(Number(to ?? found.size - 1), found.size - 1)];
    response.writeHead(206, {
      "content-range": `bytes ${start}-${end}/${found.size}`,
      "content-length": end - start + 1,
    });
    return createReadStream(file, { start, end }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => server.close(),
  };
}
