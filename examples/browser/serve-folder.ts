/**
 * Serves a folder of the repository to the page, in `vite` and in `vite preview`, with byte ranges;
 * nothing is copied.
 */
import { createReadStream, statSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import type { Connect, Plugin } from "vite";

const types: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".png": "image/png",
};

/** `address` begins and ends with a slash. A file that is not there is 404 rather than the page. */
export function serveFolder(address: string, folder: string): Plugin {
  const answer: Connect.NextHandleFunction = (request, response, next) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    if (!path.startsWith(address)) return next();
    const file = join(folder, normalize(`/${path.slice(address.length)}`));
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found?.isFile()) return response.writeHead(404).end();
    response
      .setHeader("content-type", types[extname(file)] ?? "application/octet-stream")
      .setHeader("accept-ranges", "bytes");
    response.setHeader("etag", `"${found.size}-${Math.floor(found.mtimeMs)}"`);
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    if (from === undefined)
      return createReadStream(file).pipe(response.setHeader("content-length", found.size));
    const [start, end] = [Number(from), Math.min(to ? Number(to) : Infinity, found.size - 1)];
    if (start > end)
      return response.writeHead(416, { "content-range": `bytes */${found.size}` }).end();
    response.writeHead(206, {
      "content-range": `bytes ${start}-${end}/${found.size}`,
      "content-length": end - start + 1,
    });
    return createReadStream(file, { start, end }).pipe(response);
  };
  return {
    name: "serve-folder",
    configureServer: (server) => void server.middlewares.use(answer),
    configurePreviewServer: (server) => void server.middlewares.use(answer),
  };
}
