/**
 * Serves the built example app and its checkpoint as its own Vite configuration does, with switches
 * for what tests do to it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { preview } from "vite";

const root = join(import.meta.dirname, "../..");

/** Keeps the devices of a worker where a test can reach them. */
const keepDevices =
  "globalThis.devices = []; if (globalThis.GPUAdapter) { const { requestDevice } = " +
  "GPUAdapter.prototype; GPUAdapter.prototype.requestDevice = async function (...options) { " +
  `devices.push(await requestDevice.apply(this, options)); return devices.at(-1); }; }\n`;

export interface ServedExample {
  readonly origin: string;
  /** Method and path of every request so far. */
  readonly requests: string[];
  /** Workers that start from now on find no WebGPU. */
  withoutGpu: boolean;
  /** Answers 404 for files under an address that the filter names; without arguments for none. */
  hide(address?: string, filter?: (file: string) => boolean): void;
  close(): Promise<void>;
}

export async function serveExample(): Promise<ServedExample> {
  let hidden: (path: string) => boolean = () => false;
  const requests: string[] = [];
  const server = await preview({
    configFile: join(root, "examples/browser/vite.config.ts"),
    logLevel: "error",
    preview: { port: 0, host: "127.0.0.1" },
    plugins: [
      {
        name: "switches",
        enforce: "pre",
        configurePreviewServer: ({ middlewares }) =>
          void middlewares.use((request, response, next) => {
            const path = new URL(request.url!, "http://localhost").pathname;
            requests.push(`${request.method} ${path}`);
            if (hidden(path)) return response.writeHead(404).end();
            if (!/^\/assets\/worker-[^/]*\.js$/.test(path)) return next();
            response
              .setHeader("content-type", "text/javascript")
              .setHeader("cross-origin-embedder-policy", "require-corp")
              .setHeader("cache-control", "no-store");
            const prefix = served.withoutGpu
              ? "delete WorkerNavigator.prototype.gpu;\n"
              : keepDevices;
            return response.end(prefix + readFileSync(join(root, "build/example", path), "utf8"));
          }),
      },
    ],
  });
  const served: ServedExample = {
    origin: server.resolvedUrls!.local[0]!.replace(/\/$/, ""),
    requests,
    withoutGpu: false,
    hide: (address, filter = () => true) =>
      (hidden =
        address === undefined
          ? () => false
          : (path) => path.startsWith(address) && filter(path.slice(address.length))),
    close: () => server.close(),
  };
  return served;
}
