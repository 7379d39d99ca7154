/** The SigLIP trunks of timm by name (vision_transformer.py of timm 1.0.29). */

/** What a name stands for, in timm's arguments. */
export interface TimmModel {
  readonly embed_dim: number;
  readonly depth: number;
  readonly num_heads: number;
  readonly mlp_ratio: number;
  readonly patch_size: number;
  readonly img_size: number;
  readonly act_layer: "gelu" | "gelu_tanh";
  readonly global_pool: "map" | "avg";
}

type Size = Pick<TimmModel, "embed_dim" | "depth" | "num_heads" | "mlp_ratio">;

const sizes: Readonly<Record<string, Size>> = {
  base: { embed_dim: 768, depth: 12, num_heads: 12, mlp_ratio: 4 },
  large: { embed_dim: 1024, depth: 24, num_heads: 16, mlp_ratio: 4 },
  so400m: { embed_dim: 1152, depth: 27, num_heads: 16, mlp_ratio: 3.7362 },
  giantopt: { embed_dim: 1536, depth: 40, num_heads: 16, mlp_ratio: 4 },
};

/** Size, patch and picture of each; those after the bar exist pooled by the mean alone. */
const trunks: Readonly<Record<TimmModel["act_layer"], readonly string[]>> = {
  gelu: [
    ...["base_16_224", "base_16_256", "base_16_384", "base_16_512"],
    ...["large_16_256", "large_16_384"],
    ...["so400m_14_224", "so400m_14_378", "so400m_14_384", "so400m_14_448", "so400m_14_896"],
  ],
  gelu_tanh: [
    ...["base_32_256", "large_16_512"],
    ...["so400m_16_256", "so400m_16_384", "so400m_16_512", "giantopt_16_256", "giantopt_16_384"],
  ],
};
const onlyMean = ["so400m_14_448", "so400m_14_896"];

/** Every trunk by timm's name, without a tag. */
export const timmModels: ReadonlyMap<string, TimmModel> = new Map(
  Object.entries(trunks).flatMap(([act, names]) =>
    names.flatMap((name) => {
      const [size = "", patch, image] = name.split("_");
      return (["map", "avg"] as const)
        .filter((pool) => pool === "avg" || !onlyMean.includes(name))
        .map((pool): [string, TimmModel] => [
          `vit_${size}_patch${patch}_siglip_${pool === "avg" ? "gap_" : ""}${image}`,
          {
            ...sizes[size]!,
            patch_size: Number(patch),
            img_size: Number(image),
            act_layer: act as TimmModel["act_layer"],
            global_pool: pool,
          },
        ]);
    }),
  ),
);
