/**
 * The alignment of values and weights, in bytes. It covers the cache lines of every current CPU,
 * and the strictest alignment of GPU bindings inside one buffer. Plans leave out offsets that
 * follow from it.
 */
export const alignment = 256;

/** Rounds a number of bytes up to the alignment. */
export const align = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;
