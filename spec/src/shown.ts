/** Longest text of a value in a message. */
const longest = 100;

/** Prints a value for an error: on one line, and cut if it is long. */
export function shown(value: unknown): string {
  // JSON has no NaN.
  if (typeof value !== "object" || value === null)
    return clipped(typeof value === "string" ? JSON.stringify(value) : String(value));
  try {
    return clipped(JSON.stringify(value) ?? String(value));
  } catch {
    // A RangeError of values within values without end.
    return "a value that cannot be shown";
  }
}

const clipped = (text: string): string =>
  text.length > longest ? `${text.slice(0, longest)}…` : text;
