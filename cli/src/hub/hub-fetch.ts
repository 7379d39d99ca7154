import { HubError } from "./hub-error.ts";
import type { HubSettings } from "./hub-settings.ts";
import type { ModelId } from "./model-id.ts";

/** A fetch that asks for one model: it sends the token to the endpoint alone, follows the signal, and throws HubError where
 * the endpoint fails or refuses. */
export function hubFetch(
  settings: HubSettings,
  model: ModelId,
  signal: AbortSignal | undefined,
): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input;
    const headers = new Headers(init?.headers);
    let response: Response;
    try {
      if (settings.token !== undefined && new URL(url).origin === new URL(settings.endpoint).origin)
        headers.set("Authorization", `Bearer ${settings.token}`);
      response = await fetch(url, {
        ...init,
        headers,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw unreachable(settings, cause);
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw refusal(settings, model, response);
  };
}

/** The error for a connection to the endpoint that failed or broke off. */
export function unreachable({ endpoint }: HubSettings, cause: unknown): HubError {
  // fetch says only "fetch failed" or "terminated"; what happened is in its cause.
  const { cause: inner } = cause as { cause?: { message?: string; code?: string } };
  const reason =
    inner?.message || inner?.code || (cause instanceof Error ? cause.message : String(cause));
  const remedy = "HF_ENDPOINT names another Hub; HF_HUB_OFFLINE=1 uses the cache alone";
  return new HubError("network", `no connection to the Hub at ${endpoint}: ${reason} (${remedy})`, {
    cause,
  });
}

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
        : "set HF_TOKEN to a token that may read it, since the present one may not";
    if (code === "GatedRepo")
      return new HubError(
        "access",
        `${name} is gated (${status}): accept its terms at ${endpoint}/${name} and ${remedy}`,
      );
    // The Hub answers 401 for models that do not exist too, so as not to tell which private ones
    // do.
    return new HubError(
      "access",
      `no access to ${name} at ${endpoint} (${status}): it is private or gated, or does not exist; check the id, and ${remedy}`,
    );
  }
  if (status === 404) {
    if (code === "RevisionNotFound")
      return new HubError("not-found", `${name} has no revision "${revision}" at ${endpoint}`);
    if (code === "EntryNotFound") return new HubError("not-found", `${url} does not exist`);
    return new HubError(
      "not-found",
      `no model ${name} at ${endpoint} (404), and no folder of that name; check the id`,
    );
  }
  return new HubError("network", `the Hub at ${endpoint} answers with ${status} for ${url}`);
}
