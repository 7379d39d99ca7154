/**
 * Pillow's resize in the arithmetic of its Resample.c: along one axis, rounded to 8 bits, then
 * along the other. Weights are whole numbers that share a power of two, so every sum is exact in 32
 * bits and the bytes are those of the CPU.
 */

/** Threads of a workgroup: `first` has them squared. */
export const firstThreads = 8;
export const secondThreads = 64;

/** Where a word of {@link resizeShader}'s sizes is. */
export const sizeWords = [
  /** Samples that the first pass makes of a row, or of a column where it goes down. */
  "made",
  /** Rows, or columns, of the picture. */
  "lines",
  /** 1 where the first pass goes down. */
  "downFirst",
  "toWidth",
  "toHeight",
  "firstStride",
  "firstPrecision",
  "secondStride",
  "secondPrecision",
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

// A row of pixels for each line of the picture, a word each.
@compute @workgroup_size(${firstThreads}, ${firstThreads})
fn first(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= sizes.made || at.y >= sizes.lines) { return; }
  let window = at.x * sizes.firstStride;
  var sum = vec3i(1 << (sizes.firstPrecision - 1u));
  for (var k = 0; k < windows[window + 1u]; k++) {
    let along = vec2i(windows[window] + k, i32(at.y));
    let texel = textureLoad(picture, select(along, along.yx, sizes.downFirst == 1u), 0).rgb;
    let bytes = vec3i(round(clamp(texel, vec3f(0.0), vec3f(1.0)) * 255.0));
    sum += windows[window + 2u + u32(k)] * bytes;
  }
  let byte = vec3u(clamp(sum >> vec3u(sizes.firstPrecision), vec3i(0), vec3i(255)));
  rows[at.y * sizes.made + at.x] = byte.r | (byte.g << 8u) | (byte.b << 16u);
}

// A thread for each word; one that the picture shares with its neighbour keeps the neighbour's
// bytes.
@compute @workgroup_size(${secondThreads})
fn second(@builtin(global_invocation_id) at: vec3u) {
  let word = sizes.firstByte / 4u + at.x;
  let bytes = 3u * sizes.toWidth * sizes.toHeight;
  if (4u * word >= sizes.firstByte + bytes) { return; }
  var result = pixels[word];
  for (var lane = 0u; lane < 4u; lane++) {
    let place = 4u * word + lane;
    if (place < sizes.firstByte || place >= sizes.firstByte + bytes) { continue; }
    let index = place - sizes.firstByte;
    let shift = 8u * (index % 3u);
    let pixel = vec2u(index / 3u % sizes.toWidth, index / 3u / sizes.toWidth);
    let at = select(pixel, pixel.yx, sizes.downFirst == 1u);
    let window = at.y * sizes.secondStride;
    var sum = 1 << (sizes.secondPrecision - 1u);
    for (var k = 0; k < windows[window + 1u]; k++) {
      let row = u32(windows[window] + k);
      sum += windows[window + 2u + u32(k)] * i32((rows[row * sizes.made + at.x] >> shift) & 255u);
    }
    let byte = u32(clamp(sum >> sizes.secondPrecision, 0, 255));
    result = (result & ~(255u << (8u * lane))) | (byte << (8u * lane));
  }
  pixels[word] = result;
}
`;
