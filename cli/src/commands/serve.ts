import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { InputError } from "@sigil/runtime";
import type * as Serve from "@sigil/serve";
import { openModel, type OpenModel } from "../session.ts";
import { version } from "../version.ts";

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  /** The native addon where it can run, else WebAssembly; or one of the two. */
  readonly backend: "auto" | "native" | "wasm";
  readonly threads?: number;
  /** Of NaFlex models; the others are refused with it. */
  readonly maxNumPatches?: number;
  readonly maxWaiting?: number;
  readonly maxDelay?: number;
  readonly bodyLimit?: number;
  readonly verbose?: boolean;
}

/**
 * Serves models until SIGTERM or SIGINT: then new requests are refused, those under way are
 * answered, and the process ends.
 */
export async function serve(sources: string[], options: ServeOptions): Promise<void> {
  const { createServer } = await loadServer();
  const named = sources.map(nameAndSource);
  const twice = named.find(({ name }, i) => named.findIndex((other) => other.name === name) !== i);
  if (twice)
    throw new InputError(
      `two models have the name ${twice.name}: rename one, as in other=${twice.source}`,
    );
  const opened: (OpenModel & Serve.ServedModel)[] = [];
  try {
    for (const { name, source } of named) {
      // On one core too, threads compute and the event loop answers.
      const threads = options.threads ?? Math.max(2, availableParallelism());
      const { backend, maxNumPatches } = options;
      const model = await openModel(source, { threads, backend, maxNumPatches });
      opened.push({ ...model, name });
    }
    const app = await createServer(opened, { ...options, version });
    try {
      const stopped = once(["SIGTERM", "SIGINT"]);
      const address = await listen(app, options);
      for (const { name, session } of opened)
        process.stderr.write(`${name}: ${address}/v2/models/${name} on ${session.backend}\n`);
      process.stderr.write(`listening on ${address}; routes are in ${address}/openapi.json\n`);
      process.stderr.write(`${await stopped}: waiting for the requests in progress\n`);
    } finally {
      await app.close();
    }
  } finally {
    for (const model of opened) await model.close();
  }
}

/** The address that it listens on. Throws InputError for one that cannot be had. */
async function listen(
  app: Awaited<ReturnType<typeof Serve.createServer>>,
  { port, host }: ServeOptions,
): Promise<string> {
  try {
    return await app.listen({ port, host });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE")
      throw new InputError(
        `port ${port} of ${host} is in use: choose another with --port, where 0 picks a free one`,
        { cause },
      );
    if (code === "EACCES")
      throw new InputError(
        `the system does not let this user listen on port ${port}: choose one from 1024 on, ` +
          "with --port",
        { cause },
      );
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN")
      throw new InputError(
        `${host} is no address of this machine: --host 127.0.0.1 listens on this machine alone, ` +
          "0.0.0.0 on every network",
        { cause },
      );
    throw cause;
  }
}

/** Not installed with Sigil, since most people have no use for a server. */
const loadServer = async (): Promise<typeof Serve> =>
  import("@sigil/serve").catch((cause: unknown) => {
    throw new InputError("sigil serve needs the package @sigil/serve: npm install @sigil/serve", {
      cause,
    });
  });

/** `name=model`, or a model by the last part of its path or Hub id. */
function nameAndSource(argument: string): { readonly name: string; readonly source: string } {
  const [, name, source] = /^([\w.-]+)=(.+)$/s.exec(argument) ?? [];
  if (name !== undefined && source !== undefined) return { name, source };
  const last = basename(argument).replace(/@.*$|\.json$/g, "");
  const usable = last.replace(/[^\w.-]+/g, "-");
  return { name: usable === "" || usable === "." ? "model" : usable, source: argument };
}

const once = (signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(signal));
  });
