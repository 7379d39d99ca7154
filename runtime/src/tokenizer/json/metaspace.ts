import type { PreTokenizer } from "./pre-tokenizer.ts";
import { compilePattern } from "./pattern.ts";
import { split } from "./split.ts";

/**
 * Metaspace: spaces become the marker, one is put in front as the scheme says, words begin at
 * markers.
 */
export function metaspace(marker: string, scheme: string, cut: boolean): PreTokenizer {
  const pattern = compilePattern({ String: marker });
  return (text, first) => {
    let marked = text.replaceAll(" ", marker);
    const prepend = scheme === "always" || (scheme === "first" && first);
    if (prepend && marked !== "" && !marked.startsWith(marker)) marked = marker + marked;
    return cut ? split(marked, pattern, "MergedWithNext", false) : [marked];
  };
}
