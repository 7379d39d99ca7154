/** Writes values from outside as TypeScript. */

// Ends of lines to tools that read JavaScript as it was before 2019.
const separators = /[\u2028\u2029]/g;

/**
 * A JSON value as an expression. The key `__proto__` becomes a computed key, since as a plain one
 * it would set the prototype.
 */
export const literal = (value: unknown): string =>
  JSON.stringify(value)
    .replace(separators, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
    // A quotation mark behind a brace or comma begins a key or ends a text, which no name follows.
    .replace(/(?<=[{,])"__proto__":/g, '["__proto__"]:');

/** The name of a property, in quotation marks if it is not an identifier. */
export const propertyName = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
