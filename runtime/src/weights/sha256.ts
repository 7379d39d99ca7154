/**
 * SHA-256 (FIPS 180-4) of bytes that come one piece after the other, which WebCrypto's digest
 * cannot take.
 */

/**
 * Fractional bits of a root of the first primes: the standard's constants, computed as it defines
 * them.
 */
function fractions(count: number, power: number): Uint32Array {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= n && prime; divisor++) prime = n % divisor !== 0;
    if (prime) found.push((n ** power % 1) * 2 ** 32);
  }
  return Uint32Array.from(found);
}

let constants: Uint32Array | undefined;
const blockBytes = 64;

export class Sha256 {
  readonly #state = fractions(8, 1 / 2);
  readonly #words = new Int32Array(64);
  readonly #block = new Uint8Array(blockBytes);
  readonly #constants = (constants ??= fractions(64, 1 / 3));
  #length = 0;

  update(bytes: Uint8Array): this {
    let at = 0;
    const held = this.#length % blockBytes;
    this.#length += bytes.length;
    if (held > 0) {
      at = Math.min(blockBytes - held, bytes.length);
      this.#block.set(bytes.subarray(0, at), held);
      if (held + at < blockBytes) return this;
      this.#compress(this.#block, 0);
    }
    for (; at + blockBytes <= bytes.length; at += blockBytes) this.#compress(bytes, at);
    this.#block.set(bytes.subarray(at));
    return this;
  }

  /** Lower-case hex; nothing may be added afterwards. */
  hex(): string {
    const bits = this.#length * 8;
    const padding = new Uint8Array(
      blockBytes * Math.ceil(((this.#length % blockBytes) + 9) / blockBytes) -
        (this.#length % blockBytes),
    );
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits % 2 ** 32);
    this.update(padding);
    return Array.from(this.#state, (word) => word.toString(16).padStart(8, "0")).join("");
  }

  #compress(bytes: Uint8Array, at: number): void {
    const w = this.#words;
    const k = this.#constants;
    const state = this.#state;
    for (let i = 0, j = at; i < 16; i++, j += 4)
      w[i] = (bytes[j]! << 24) | (bytes[j + 1]! << 16) | (bytes[j + 2]! << 8) | bytes[j + 3]!;
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!;
      const y = w[i - 2]!;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
    }
    let a = state[0]! | 0,
      b = state[1]! | 0,
      c = state[2]! | 0,
      d = state[3]! | 0,
      e = state[4]! | 0,
      f = state[5]! | 0,
      g = state[6]! | 0,
      h = state[7]! | 0;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + k[i]! + w[i]!) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0]! += a;
    state[1]! += b;
    state[2]! += c;
    state[3]! += d;
    state[4]! += e;
    state[5]! += f;
    state[6]! += g;
    state[7]! += h;
  }
}
