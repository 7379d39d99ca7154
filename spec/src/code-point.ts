/** The code point that begins at a place of a text; -1 past its end. */
export const codePoint = (text: string, at = 0): number => text.codePointAt(at) ?? -1;
