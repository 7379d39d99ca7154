/**
 * Pillow's resize in the arithmetic of its Resample.c: across, rounded to 8 bits, then down.
 * Weights are whole numbers that share a power of two, so every
 * sum is exact in 32 bits and the bytes are those of the CPU.
 */

/** Threads of a workgroup: `across` has them squared. */
export const acrossThreads = 8;
export const downThreads = 64;

/** Where a word of {@link resizeShader}'s sizes is. */
export const sizeWords = [
  "height",
  "toWidth",
  "toHeight",
  "acrossStride",
  "acrossPrecision",
  "downStride",
  "downPrecision",
  "firstByte",
] as const;

/** Windows are `[first, count, weights...]` for each output sample, `stride` words apart. */
export const resizeShader = `
struct Sizes { ${sizeWords.map((name) => `${name}: u32`).join(", ")} }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> windows: array<i32>;
@group(0) @binding(2) var<storage, read_write> rows: array<u32>;
@group(0) @binding(3) var picture: texture_2d<f32>;
@group(0) @binding(4) var<storage, read_write> pixels: array<u32>;

// A row of pixels for each row of the picture, a word each.
@compute @workgroup_size(${acrossThreads}, ${acrossThreads})
fn across(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= sizes.toWidth || at.y >= sizes.height) { return; }
  let window = at.x * sizes.acrossStride;
  var sum = vec3i(1 << (sizes.acrossPrecision - 1u));
  for (var k = 0; k < windows[window + 1u]; k++) {
    let texel = textureLoad(picture, vec2i(windows[window] + k, i32(at.y)), 0).rgb;
    sum += windows[window + 2u + u32(k)] * vec3i(round(clamp(texel, vec3f(0.0), vec3f(1.0)) * 255.0));
  }
  let byte = vec3u(clamp(sum >> vec3u(sizes.acrossPrecision), vec3i(0), vec3i(255)));
  rows[at.y * sizes.toWidth + at.x] = byte.r | (byte.g << 8u) | (byte.b << 16u);
}

// A thread for each word; one that the picture shares with its neighbour keeps the neighbour's
// bytes.
@compute @workgroup_size(${downThreads})
fn down(@builtin(global_invocation_id) at: vec3u) {
  let word = sizes.firstByte / 4u + at.x;
  let bytes = 3u * sizes.toWidth * sizes.toHeight;
  if (4u * word >= sizes.firstByte + bytes) { return; }
  var result = pixels[word];
  for (var lane = 0u; lane < 4u; lane++) {
    let place = 4u * word + lane;
    if (place < sizes.firstByte || place >= sizes.firstByte + bytes) { continue; }
    let index = place - sizes.firstByte;
    let shift = 8u * (index % 3u);
    let x = index / 3u % sizes.toWidth;
    let window = index / 3u / sizes.toWidth * sizes.downStride;
    var sum = 1 << (sizes.downPrecision - 1u);
    for (var k = 0; k < windows[window + 1u]; k++) {
      let row = u32(windows[window] + k);
      sum += windows[window + 2u + u32(k)] * i32((rows[row * sizes.toWidth + x] >> shift) & 255u);
    }
    let byte = u32(clamp(sum >> sizes.downPrecision, 0, 255));
    result = (result & ~(255u << (8u * lane))) | (byte << (8u * lane));
  }
  pixels[word] = result;
}
`;
