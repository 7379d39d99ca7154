export const splitBehaviors = [
  "Removed",
  "Isolated",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
] as const;

/** What becomes of the delimiters of a Split. */
export type SplitBehavior = (typeof splitBehaviors)[number];

/** Cuts a text at a pattern's matches (or, inverted, between them); empty parts are dropped. */
export function split(
  text: string,
  pattern: RegExp,
  behavior: SplitBehavior,
  invert: boolean,
): string[] {
  const parts: { text: string; delimiter: boolean }[] = [];
  const push = (part: string, delimiter: boolean) =>
    part !== "" && parts.push({ text: part, delimiter: delimiter !== invert });
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    push(text.slice(last, match.index), false);
    push(match[0], true);
    last = match.index + match[0].length;
  }
  push(text.slice(last), false);

  if (behavior === "Removed")
    return parts.filter((part) => !part.delimiter).map((part) => part.text);
  const result: string[] = [];
  parts.forEach((part, i) => {
    if (i > 0 && joins(parts[i - 1]!.delimiter, part.delimiter, behavior))
      result[result.length - 1] += part.text;
    else result.push(part.text);
  });
  return result;
}

function joins(previous: boolean, current: boolean, behavior: SplitBehavior): boolean {
  switch (behavior) {
    case "MergedWithPrevious":
      return current && !previous;
    case "MergedWithNext":
      return previous && !current;
    case "Contiguous":
      return previous === current;
    default:
      return false;
  }
}
