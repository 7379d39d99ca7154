/**
 * A server that speaks the part of the Hub's HTTP API that fetching a model takes. LFS files lie
 * behind a redirect to another origin, as on the Hub; so does the second page of a listing, which
 * tells whether the token goes where it must not.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Files = Readonly<Record<string, Buffer>>;

export const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
export const gitBlob = (bytes: Buffer): string =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
const isLfs = (name: string): boolean => /\.(safetensors|model)$/.test(name);

export interface Seen {
  readonly path: string;
  readonly host: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export class FakeHub {
  readonly seen: Seen[] = [];
  /** Commits by revision of the one model, `org/name`, and files by commit. */
  readonly revisions = new Map<string, string>();
  readonly commits = new Map<string, Files>();
  /** The only token that may read, where there is one. */
  token: string | undefined;
  gated = false;
  ignoresRanges = false;
  /**
   * Bytes of each coming answer with weights after which the connection is cut; none is cut when
   * the list is empty.
   */
  cuts: number[] = [];
  /** Changes what a file's bytes arrive as. */
  tamper: (name: string, bytes: Buffer) => Buffer = (_, bytes) => bytes;
  /** Answers a request in the Hub's place where it returns true; `path` as {@link Seen} has it. */
  intercept: (path: string, response: ServerResponse, request: IncomingMessage) => boolean = () =>
    false;
  #server = createServer((request, response) => this.#answer(request, response));

  readonly model: string;
  constructor(model: string) {
    this.model = model;
  }

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${this.#port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Publishes files as a revision's new commit. */
  publish(revision: string, files: Files): string {
    const commit = createHash("sha1")
      .update(JSON.stringify(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)])))
      .digest("hex");
    this.revisions.set(revision, commit);
    this.commits.set(commit, files);
    return commit;
  }

  /** Requests for the bytes of a file, those behind a redirect counted once. */
  fetches(name: string): Seen[] {
    return this.seen.filter(
      ({ path }) =>
        path.endsWith(`/${name}`) &&
        path.startsWith(isLfs(name) ? "/cdn/" : `/${this.model}/resolve/`),
    );
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url!, "http://hub");
    const path = decodeURIComponent(pathname);
    const { host = "", range, authorization } = request.headers;
    this.seen.push({ path, host, range, authorization });
    if (this.intercept(path, response, request)) return;
    const refuse = (status: number, code: string): void =>
      void response.writeHead(status, { "X-Error-Code": code }).end(code);

    const cdn = /^\/cdn\/([0-9a-f]{40})\/(.+)$/.exec(path);
    const page = /^\/page\/([0-9a-f]{40})$/.exec(path);
    if (page !== null)
      return void response.end(JSON.stringify(listing(this.commits.get(page[1]!)!).slice(2)));
    if (cdn !== null)
      return this.#send(cdn[2]!, this.commits.get(cdn[1]!)![cdn[2]!]!, range, response, {});
    if (this.token !== undefined && authorization !== `Bearer ${this.token}`)
      return this.gated ? refuse(403, "GatedRepo") : refuse(401, "RepoNotFound");
    const [, api, revision, tree] =
      /^\/(api)\/models\/org\/[^/]+\/(?:revision\/(.+)|tree\/([^/]+))$/.exec(path) ?? [];
    const [, resolved, name] = /^\/org\/[^/]+\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (!path.startsWith(`${api === undefined ? "" : "/api/models"}/${this.model}/`))
      return refuse(404, "RepoNotFound");

    const asked = revision ?? tree ?? resolved!;
    const commit = this.commits.has(asked) ? asked : this.revisions.get(asked);
    if (commit === undefined) return refuse(404, "RevisionNotFound");
    const files = this.commits.get(commit)!;
    if (revision !== undefined || tree !== undefined) {
      const body =
        tree === undefined ? { _id: "1", id: this.model, sha: commit } : listing(files).slice(0, 2);
      if (tree !== undefined)
        response.setHeader("Link", `<http://localhost:${this.#port}/page/${commit}>; rel="next"`);
      return void response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
    }
    const bytes = files[name!];
    if (bytes === undefined) return refuse(404, "EntryNotFound");
    const etag = `"${isLfs(name!) ? sha256(bytes) : gitBlob(bytes)}"`;
    if (!isLfs(name!))
      return this.#send(name!, bytes, range, response, { ETag: etag, "X-Repo-Commit": commit });
    const linked = {
      "X-Linked-Size": bytes.length,
      "X-Linked-Etag": etag,
      Location: `http://localhost:${this.#port}/cdn/${commit}/${name}`,
    };
    response.writeHead(302, { "X-Repo-Commit": commit, ...linked }).end();
  }

  #send(
    name: string,
    whole: Buffer,
    range: string | undefined,
    response: ServerResponse,
    headers: Record<string, string>,
  ): void {
    const [, first, last] = (!this.ignoresRanges && /^bytes=(\d+)-(\d*)$/.exec(range ?? "")) || [];
    const start = Number(first ?? 0);
    const end = last ? Math.min(Number(last) + 1, whole.length) : whole.length;
    const sent = this.tamper(name, whole);
    const bytes = sent.subarray(start, last ? end : sent.length);
    const isPart = start > 0 || last;
    const part = isPart ? { "Content-Range": `bytes ${start}-${end - 1}/${whole.length}` } : {};
    response.writeHead(isPart ? 206 : 200, {
      ...headers,
      ...part,
      "Accept-Ranges": "bytes",
      "Content-Length": bytes.length,
    });
    const cut = isLfs(name) ? this.cuts.shift() : undefined;
    if (cut === undefined) return void response.end(bytes);
    // Cut only once the bytes are surely on their way, or they would be lost with the connection.
    response.write(bytes.subarray(0, cut), () => setTimeout(() => response.destroy(), 50));
  }
}

function listing(files: Files): object[] {
  return Object.entries(files).map(([path, bytes]) => ({
    type: "file",
    path,
    size: bytes.length,
    oid: gitBlob(bytes),
    ...(isLfs(path) ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } } : {}),
  }));
}
