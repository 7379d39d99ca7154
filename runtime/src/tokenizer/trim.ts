/**
 * A text without the characters at its ends for which `drop` holds. A regular expression would take
 * quadratic time where many of them stand inside.
 */
export function trim(
  text: string,
  drop: (char: string) => boolean,
  ends: "start" | "end" | "both",
): string {
  let start = 0;
  let end = text.length;
  if (ends !== "end") while (start < end && drop(text[start]!)) start++;
  if (ends !== "start") while (end > start && drop(text[end - 1]!)) end--;
  return text.slice(start, end);
}
