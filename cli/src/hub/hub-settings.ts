import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { getHFHubCachePath, HUB_URL } from "@huggingface/hub";

/** Where the Hub is, who asks and where its cache lies. */
export interface HubSettings {
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly offline: boolean;
  readonly cacheFolder: string;
}

/** The settings that the Hugging Face libraries share: HF_ENDPOINT, HF_TOKEN or the file HF_TOKEN_PATH or HF_HOME/token,
 * HF_HUB_OFFLINE, HF_HUB_CACHE and HF_HOME. */
export function hubSettings(): HubSettings {
  return {
    endpoint: (process.env.HF_ENDPOINT || HUB_URL).replace(/\/+$/, ""),
    token: process.env.HF_TOKEN?.trim() || storedToken(),
    offline: /^(1|on|yes|true)$/i.test(process.env.HF_HUB_OFFLINE ?? ""),
    cacheFolder: getHFHubCachePath(),
  };
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
