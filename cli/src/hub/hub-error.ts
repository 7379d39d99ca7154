import { SigilError } from "@sigil/runtime";

/**
 * What went wrong with a model from the Hub.
 *
 * - `invalid`: neither a checkpoint folder nor a Hub id, or an invalid setting
 * - `not-found`: the model, the revision or a needed file does not exist
 * - `access`: the model is private or gated, or the token was refused
 * - `network`: the endpoint cannot be reached, breaks the connection or answers with a failure
 * - `offline`: the network is forbidden and something is missing in the cache
 * - `corrupt`: a file does not have the size or the hash that the Hub states
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
  /** Milliseconds that the Hub asks to wait before the next request. */
  readonly retryAfter?: number | undefined;
}

/**
 * Thrown for a model that neither the Hub nor its cache can provide. The message says what to do.
 */
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
