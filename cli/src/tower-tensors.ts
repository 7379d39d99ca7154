const anchor = "embeddings.patch_embedding.weight";

/**
 * Whether a tensor of a checkpoint belongs to a SigLIP vision tower in it. The tower is found by
 * the name of its patch embedding, which nothing else has. If there is no tower, every tensor
 * belongs to it.
 */
export function towerTensors(name: string, all: readonly string[]): boolean {
  const towers = all
    .filter((one) => one.endsWith(anchor))
    .map((one) => one.slice(0, -anchor.length));
  return towers.length === 0 || towers.some((prefix) => name.startsWith(prefix));
}
