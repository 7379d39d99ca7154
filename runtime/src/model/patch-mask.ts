/** The lowest finite float32, which hides padding from attention as in transformers. */
export const hidden = -3.4028234663852886e38;
