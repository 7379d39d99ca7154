/** How the class of a generated module is called. */

/** ECMAScript's globals with a capital: a module that declares one cannot mean the other. */
const globals: ReadonlySet<string> = new Set(
  `AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array BigUint64Array
  Boolean DataView Date DisposableStack Error EvalError FinalizationRegistry Float16Array
  Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map
  Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set
  SharedArrayBuffer String SuppressedError Symbol SyntaxError Temporal TypeError URIError
  Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly`.split(
    /\s+/,
  ),
);

/**
 * A spec's name as an identifier of ASCII letters and digits with a capital first, `my-siglip` as
 * `MySiglip`; never a global of ECMAScript.
 */
export function className(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const joined = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  const identifier = /^[A-Z]/.test(joined) ? joined : `Model${joined}`;
  return globals.has(identifier) ? `${identifier}Model` : identifier;
}
