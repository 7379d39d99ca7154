import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { getHFHubCachePath, HUB_URL } from "@huggingface/hub";
import { HubError } from "./hub-error.ts";

/** Where the Hub is, who asks and where its cache lies. */
export interface HubSettings {
  readonly endpoint: string;
  readonly token: string | undefined;
  /** The variable that forbids the network, or undefined. */
  readonly offline: string | undefined;
  readonly cacheFolder: string;
  /** Milliseconds that a server may be silent. */
  readonly idle: number;
}

/**
 * The settings that the Hugging Face libraries share: HF_ENDPOINT, HF_TOKEN or the file
 * HF_TOKEN_PATH or HF_HOME/token, HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE, HF_HUB_CACHE and
 * HF_HOME, HF_HUB_DOWNLOAD_TIMEOUT (seconds of silence; 30 by default). Throws HubError.
 */
export function hubSettings(): HubSettings {
  const endpoint = (process.env.HF_ENDPOINT || HUB_URL).replace(/\/+$/, "");
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint))
    throw new HubError(
      "invalid",
      `HF_ENDPOINT: expected a URL such as ${HUB_URL}, received "${endpoint}"`,
    );
  const token = process.env.HF_TOKEN?.trim() || storedToken();
  if (token !== undefined && !/^[!-~]+$/.test(token))
    throw new HubError(
      "invalid",
      "HF_TOKEN, or the file that holds it, has characters that a token cannot have",
    );
  return {
    endpoint,
    token,
    offline: ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find((name) =>
      /^(1|on|yes|true)$/i.test(process.env[name] ?? ""),
    ),
    cacheFolder: getHFHubCachePath(),
    idle: 1000 * secondsOf("HF_HUB_DOWNLOAD_TIMEOUT", 30),
  };
}

function secondsOf(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return otherwise;
  const seconds = Number(text);
  // What a timer of Node takes.
  if (seconds > 0 && seconds < 2 ** 31 / 1000) return seconds;
  throw new HubError("invalid", `${name}: expected a number of seconds, received "${text}"`);
}

function storedToken(): string | undefined {
  const home =
    process.env.HF_HOME ||
    join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  try {
    return (
      readFileSync(process.env.HF_TOKEN_PATH || join(home, "token"), "utf8").trim() || undefined
    );
  } catch {
    // Most machines have no token, and most models need none.
    return undefined;
  }
}
