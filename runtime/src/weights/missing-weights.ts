/** Other files in which a folder may have weights, and what to do with each. */
const others: readonly (readonly [name: RegExp, advice: (name: string) => string])[] = [
  [
    /^adapter_(config\.json|model\.(safetensors|bin))$/,
    () =>
      "it is a PEFT adapter: merge it into its base model with merge_and_unload() and save that",
  ],
  [
    /^model-\d+-of-\d+\.safetensors$/,
    (name) =>
      `it has ${name}, one of several shards, but not the model.safetensors.index.json that says ` +
      "which tensors each holds: download that too",
  ],
  [
    /^model\.[\w-]+\.safetensors$/,
    (name) => `it has ${name}, a variant: rename it to model.safetensors to use it`,
  ],
  [
    /^consolidated(\.[\w-]+)?\.safetensors$/,
    (name) =>
      `it has ${name}, whose tensors have other names than in transformers: use the ` +
      "model.safetensors of the same model",
  ],
  [
    /^open_clip.*\.bin$/,
    (name) =>
      `it has ${name}: load it with torch and save it with safetensors.torch.save_file as ` +
      "open_clip_model.safetensors, beside its open_clip_config.json",
  ],
  [
    /^open_clip_model\.safetensors$/,
    (name) => `it has ${name}: put its open_clip_config.json beside it`,
  ],
  [
    /\.(bin|pth?|ckpt|h5|msgpack)$/,
    (name) =>
      `it has ${name}: load it with transformers and save it with ` +
      "model.save_pretrained(folder), which writes model.safetensors",
  ],
  [
    /\.(gguf|onnx)$/,
    (name) => `it has ${name}: use the safetensors file of the model that it was made from`,
  ],
  [
    /\.safetensors$/,
    (name) => `it has ${name}: rename it to model.safetensors if it holds the weights`,
  ],
];

/**
 * Says what a folder without model.safetensors has instead, by the names of its files, and what to
 * do with it.
 */
export function otherWeights(names: readonly string[]): string | undefined {
  for (const [pattern, advice] of others) {
    const name = names.find((one) => pattern.test(one));
    if (name !== undefined) return advice(name);
  }
  return undefined;
}

/** Says that a folder has no weights, and where they may be. */
export function missingWeights(names: readonly string[]): string {
  const advice = otherWeights(names);
  return (
    "model.safetensors (or model.safetensors.index.json) is " +
    `missing${advice === undefined ? "" : `; ${advice}`}`
  );
}
