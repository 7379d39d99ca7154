/** The lowest finite float32, which transformers adds to the scores of what is hidden. */
export const hidden = -3.4028234663852886e38;
