/** Numbers as people read them. */

const percents = new Intl.NumberFormat("en", {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** A probability. */
export const percent = (score: number): string =>
  score > 0 && score < 0.0005 ? "<0.1%" : percents.format(score);

export const milliseconds = (ms: number): string =>
  ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;

export const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
