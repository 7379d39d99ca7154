/**
 * Where values and weights may begin, in bytes: cache lines of every current CPU and the strictest
 * alignment of GPU bindings that matters inside one buffer. Plans leave out offsets that follow
 * from it.
 */
export const alignment = 256;

/** Bytes with what lies between them and the next place that something may begin at. */
export const align = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;
