const anchor = "embeddings.patch_embedding.weight";

/**
 * Whether a tensor of a checkpoint belongs to a SigLIP vision tower in it, by the name that only
 * such a tower's patch embedding has; every one does where there is none.
 */
export function towerTensors(name: string, all: readonly string[]): boolean {
  const towers = all
    .filter((one) => one.endsWith(anchor))
    .map((one) => one.slice(0, -anchor.length));
  return towers.length === 0 || towers.some((prefix) => name.startsWith(prefix));
}
