import { SigilError } from "@sigil/runtime";

/**
 * What went wrong with a model of the Hub.
 *
 * - `invalid`: neither a checkpoint folder nor a Hub id, or a setting that cannot be
 * - `not-found`: no such model, revision or needed file
 * - `access`: private or gated, or the token is refused
 * - `network`: the endpoint cannot be reached, breaks off or answers with a failure
 * - `offline`: the network is forbidden and the cache lacks something
 * - `corrupt`: what arrived does not match the size or hash that the Hub states
 * - `cache`: the cache cannot be written
 */
export type HubErrorCode =
  | "invalid"
  | "not-found"
  | "access"
  | "network"
  | "offline"
  | "corrupt"
  | "cache";

export interface HubErrorOptions extends ErrorOptions {
  /** Whether asking again may help. */
  readonly transient?: boolean;
  /** Milliseconds that the Hub asks to wait before that. */
  readonly retryAfter?: number | undefined;
}

/** A model that cannot be had from the Hub or from its cache; the message says what to do. */
export class HubError extends SigilError {
  override readonly name = "HubError";
  readonly code: HubErrorCode;
  readonly transient: boolean;
  readonly retryAfter: number | undefined;

  constructor(code: HubErrorCode, message: string, options: HubErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.transient = options.transient ?? false;
    this.retryAfter = options.retryAfter;
  }
}
