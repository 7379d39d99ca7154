/**
 * Random data, never zeros: a product of zeros runs faster than one of numbers. A block of it again
 * and again, since a batch may be hundreds of megabytes.
 */
const block = 1 << 20;

const hash = (i, salt) =>
  Math.imul(Math.imul(i ^ (salt * 0x9e3779b9), 2654435761) ^ (i >>> 7), 0x85ebca6b) >>> 8;

function filled(array, value) {
  const first = array.subarray(0, Math.min(block, array.length));
  for (let i = 0; i < first.length; i++) first[i] = value(i);
  for (let at = first.length; at < array.length; at += first.length)
    array.set(first.subarray(0, Math.min(first.length, array.length - at)), at);
  return array;
}

export const randomBytes = (count, salt = 0) =>
  filled(new Uint8Array(count), (i) => hash(i, salt) & 255);
/** From -1 to 1. */
export const randomFloats = (count, salt = 0) =>
  filled(new Float32Array(count), (i) => hash(i, salt) / 2 ** 23 - 1);
export const randomIds = (count, vocabulary, salt = 0) =>
  filled(new Int32Array(count), (i) => hash(i, salt) % vocabulary);
/**
 * Bytes of bfloat16 or float16 values about one in size (or of float32): both signs, and exponents
 * that neither type finds large or small.
 */
export function randomOperand(bytes, type, salt = 0) {
  if (type === "float32") return new Uint8Array(randomFloats(bytes / 4, salt).buffer);
  if (type === "uint8") return randomBytes(bytes, salt);
  // Half to just below one: the exponent below the bias, any sign and fraction.
  const [exponent, fraction] = type === "bfloat16" ? [126 << 7, 127] : [14 << 10, 1023];
  return new Uint8Array(
    filled(
      new Uint16Array(bytes / 2),
      (i) => ((hash(i, salt) & 1) << 15) | exponent | ((hash(i, salt) >>> 1) & fraction),
    ).buffer,
  );
}
