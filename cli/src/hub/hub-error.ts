/**
 * What went wrong with a model of the Hub.
 *
 * - `invalid`: neither a checkpoint folder nor a Hub id
 * - `not-found`: no such model, revision or needed file
 * - `access`: private or gated, or the token is refused
 * - `network`: the endpoint cannot be reached, breaks off or answers with a failure
 * - `offline`: HF_HUB_OFFLINE is set and the cache lacks something
 * - `corrupt`: what arrived does not match the size or hash that the Hub states
 */
export type HubErrorKind = "invalid" | "not-found" | "access" | "network" | "offline" | "corrupt";

/** A model that cannot be had from the Hub or from its cache; the message says what to do. */
export class HubError extends Error {
  override readonly name = "HubError";
  readonly kind: HubErrorKind;

  constructor(kind: HubErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
