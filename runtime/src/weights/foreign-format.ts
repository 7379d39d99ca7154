/**
 * Recognises other file formats by their first bytes. It is imported only if a header cannot be
 * read, so that a page rarely downloads it.
 */

const convert =
  "load it with transformers and save it by model.save_pretrained(folder), or take the " +
  "safetensors file that most repositories have beside it";

/** What a format begins with. A byte is a character from U+0000 to U+00FF. */
const formats: readonly (readonly [begins: string | RegExp, what: string])[] = [
  [
    "version https://git-lfs",
    "is a Git LFS pointer, not the file itself: fetch it with git lfs pull, or download it " +
      "from the Hub",
  ],
  [
    /^\s*<(!doctype|html|\?xml|head)/i,
    "is a web page, not a file of weights: on the Hub the file itself is at .../resolve/..., " +
      "where the page is at .../blob/...",
  ],
  [
    "PK\x03\x04",
    `is a zip archive, as PyTorch (.bin, .pth, .pt) and NumPy (.npz) write it: ${convert}`,
  ],
  ["GGUF", "is a GGUF file, for llama.cpp: take the safetensors file that it was made from"],
  ["\x89HDF\r\n", `is an HDF5 file, as Keras (.h5) writes it: ${convert}`],
  ["\x93NUMPY", "is a NumPy array (.npy): save it by safetensors.numpy.save_file"],
  ...[2, 3, 4, 5].map(
    (protocol) =>
      [
        `\x80${String.fromCharCode(protocol)}`,
        `is a Python pickle, as PyTorch (.bin, .pth, .pt) writes it: ${convert}`,
      ] as const,
  ),
  ...["\x1f\x8b", "\x28\xb5\x2f\xfd", "7z\xbc\xaf", "Rar!", "BZh", "\xfd7zXZ"].map(
    (begins) => [begins, "is compressed: unpack it first"] as const,
  ),
];

/** How many bytes suffice to recognise a format. */
export const signatureBytes = 512;

const textOf = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, signatureBytes), (byte) => String.fromCharCode(byte)).join("");

/**
 * Says what a file with these first bytes is, and what to do with it. Undefined for JSON and for
 * unknown formats.
 */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const text = textOf(bytes);
  return formats.find(([begins]) =>
    typeof begins === "string" ? text.startsWith(begins) : begins.test(text),
  )?.[1];
}

/** The same for a file that should hold weights, where JSON is wrong too. */
export function notWeights(bytes: Uint8Array): string | undefined {
  const text = textOf(bytes);
  if (/^\s*\{[\s\S]*"weight_map"/.test(text))
    return "is the index of a checkpoint in shards: give the folder that it lies in";
  if (/^\s*[{[]\s*["{[\]}]/.test(text)) return "is a JSON file, not a file of weights";
  return foreignFormat(bytes);
}
