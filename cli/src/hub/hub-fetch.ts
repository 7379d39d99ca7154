import { HubError } from "./hub-error.ts";
import type { HubSettings } from "./hub-settings.ts";
import type { ModelId } from "./model-id.ts";

/** What a server answers: a status of success, and bytes that come as they are asked for. */
export interface HubAnswer {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  /** Throws HubError where the server breaks off or falls silent. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Asks a server once; throws HubError where it fails or refuses, and the signal's reason. */
export type HubFetch = (
  url: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<HubAnswer>;

/** Fewer bytes than this within the idle limit are silence too. */
const leastBytes = 1024;

/**
 * Asks for one model: sends the token to the endpoint alone, and waits for no server that is silent
 * longer than the settings' idle limit.
 */
export function hubFetch(
  settings: HubSettings,
  model: ModelId,
  signal: AbortSignal | undefined,
): HubFetch {
  return async (url, given = {}) => {
    const headers = new Headers(given);
    const silence = new AbortController();
    const failed = (cause: unknown): HubError => {
      signal?.throwIfAborted();
      return silence.signal.aborted
        ? new HubError(
            "network",
            `${url} stalled: fewer than ${leastBytes} bytes in ${settings.idle / 1000} s ` +
              "(HF_HUB_DOWNLOAD_TIMEOUT sets this time in seconds)",
            { transient: true },
          )
        : unreachable(settings, url, cause);
    };
    const idle = new IdleTimer(settings.idle, () => silence.abort());
    let response: Response;
    try {
      if (settings.token !== undefined && new URL(url).origin === new URL(settings.endpoint).origin)
        headers.set("Authorization", `Bearer ${settings.token}`);
      const signals = signal === undefined ? [] : [signal];
      response = await idle.during(() =>
        fetch(url, { headers, signal: AbortSignal.any([silence.signal, ...signals]) }),
      );
    } catch (cause) {
      throw failed(cause);
    }
    if (!response.ok) {
      await response.body?.cancel().catch(() => {});
      throw refusal(settings, model, response);
    }
    return {
      url,
      status: response.status,
      headers: response.headers,
      body: bodyOf(response, idle, failed),
    };
  };
}

async function* bodyOf(
  { body }: Response,
  idle: IdleTimer,
  failed: (cause: unknown) => HubError,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await idle
        .during(() => reader.read())
        .catch((cause: unknown) => {
          throw failed(cause);
        });
      if (done) return;
      idle.received(value.length);
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Counts the time that is spent waiting for a server, not that in which its bytes are used. */
class IdleTimer {
  readonly #limit: number;
  readonly #expired: () => void;
  #waited = 0;
  #bytes = 0;

  constructor(limit: number, expired: () => void) {
    this.#limit = limit;
    this.#expired = expired;
  }

  async during<T>(wait: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    const timer = setTimeout(this.#expired, Math.max(1, this.#limit - this.#waited));
    try {
      return await wait();
    } finally {
      clearTimeout(timer);
      this.#waited += performance.now() - begin;
    }
  }

  received(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < leastBytes) return;
    this.#bytes = 0;
    this.#waited = 0;
  }
}

/** The error for a connection that failed or broke off. */
function unreachable({ endpoint }: HubSettings, url: string, cause: unknown): HubError {
  // fetch says only "fetch failed" or "terminated"; what happened is in its cause.
  const { cause: inner } = cause as { cause?: { message?: string; code?: string } };
  const reason =
    inner?.message || inner?.code || (cause instanceof Error ? cause.message : String(cause));
  if (reason === "redirect count exceeded")
    return new HubError("network", `${url} redirects in a circle`);
  const remedy = "set HF_ENDPOINT to use another Hub, or HF_HUB_OFFLINE=1 to use only the cache";
  return new HubError("network", `no connection to the Hub at ${endpoint}: ${reason} (${remedy})`, {
    cause,
    transient: true,
  });
}

/** Statuses of a server that may do better later. */
const busy = [408, 425, 429, 500, 502, 503, 504];

function refusal(
  { endpoint, token }: HubSettings,
  { name, revision }: ModelId,
  { status, url, headers }: Response,
): HubError {
  const code = headers.get("X-Error-Code");
  if (status === 401 || status === 403) {
    const remedy =
      token === undefined
        ? "set HF_TOKEN to a token that may read it"
        : "set HF_TOKEN to a token that may read it, since the current one may not";
    if (code === "GatedRepo")
      return new HubError(
        "access",
        `${name} is gated (${status}): accept its terms at ${endpoint}/${name} and ${remedy}`,
      );
    // The Hub answers 401 for models that do not exist too, so as not to tell which private ones
    // do.
    return new HubError(
      "access",
      `no access to ${name} at ${endpoint} (${status}): it is private or gated, or does not ` +
        `exist; check the id, and ${remedy}`,
    );
  }
  if (status === 404) {
    if (code === "RevisionNotFound")
      return new HubError("not-found", `${name} has no revision "${revision}" at ${endpoint}`);
    if (code === "EntryNotFound") return new HubError("not-found", `${url} does not exist`);
    return new HubError(
      "not-found",
      `there is no model ${name} at ${endpoint} (404), and no folder with that name; check the id`,
    );
  }
  const retryAfter = pauseOf(headers.get("Retry-After"));
  const wait =
    retryAfter === undefined ? "" : ` and asks to wait ${Math.ceil(retryAfter / 1000)} s`;
  return new HubError(
    "network",
    `the Hub at ${endpoint} answered with ` +
      `${status}${status === 429 ? " (too many requests)" : ""} for ${url}${wait}`,
    { transient: busy.includes(status), retryAfter },
  );
}

/** Milliseconds of a Retry-After header, which states seconds or a date. */
function pauseOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const pause = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(pause) ? undefined : Math.max(0, pause);
}
