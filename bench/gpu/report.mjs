/** The benchmark's tables as Markdown. */
import { median } from "./rounds.mjs";

const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, alignment, rows) => [
  row(head),
  row(alignment.split("").map((side) => (side === "r" ? "---:" : "---"))),
  ...rows.map(row),
];
const megabytes = (bytes) =>
  bytes === undefined || bytes === null ? "-" : (bytes / 1e6).toFixed(0);
const percent = (share) => (share === undefined ? "-" : `${(100 * share).toFixed(0)} %`);
/** Three digits, however small the emulated driver makes it. */
const short = (x) => (x >= 100 ? x.toFixed(0) : Number(x.toPrecision(3)).toString());

/** Text of others as a cell of a table. */
const cell = (text) => text.replace(/\s+/g, " ").replaceAll("|", "/").slice(0, 900);

/** `ceilings` is undefined without a PyTorch side. */
export function forwardTable(rows, ceilings) {
  return table(
    [
      "tower",
      "batch",
      "ms (10 to 90 %)",
      "items/s",
      "TFLOP/s",
      "of the product's",
      "best PyTorch, ms",
      "faster by",
      "MB: ours",
      "theirs",
    ],
    "lrrrrrlrrr",
    rows.map(({ name, batch, median, low, high, flops, best, compared, memory }) => {
      const teraflops = flops / median / 1e9;
      return [
        name,
        batch,
        `${median.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`,
        short((1e3 * batch) / median),
        short(teraflops),
        percent(ceilings && teraflops / ceilings.teraflops),
        best
          ? `${best.milliseconds.toFixed(3)} ` +
            `(${best.variant}${best.attention ? `, ${best.attention}` : ""})`
          : "-",
        compared ? `${compared.ratio.toFixed(2)}${compared.differs ? "" : " ~"}` : "-",
        megabytes(memory.weights + memory.arena),
        megabytes(best?.bytes),
      ];
    }),
  );
}

/** Every configuration of PyTorch, those that were refused too. */
export const variantTable = (rows) =>
  table(
    ["tower", "batch", "configuration", "attention", "ms", "ours beside it, ms"],
    "lrllrr",
    rows.flatMap(({ name, batch, tried }) =>
      tried.map(({ variant, attention, milliseconds, turns, error }) => [
        name,
        batch,
        variant,
        attention ?? "PyTorch's choice",
        ...(error
          ? [`refused: ${cell(error)}`, "-"]
          : [milliseconds.toFixed(3), median(turns.ours.flat()).toFixed(3)]),
      ]),
    ),
  );

/**
 * What runs in PyTorch's eager forward, the longest first: it says which attention PyTorch chose.
 */
export const ranLines = (rows) =>
  rows.flatMap(({ name, batch, tried }) =>
    tried.flatMap(({ ran }) => (ran ? ["", `${name} at ${batch}, eager: ${cell(ran)}.`] : [])),
  );

export const hostTable = (rows) =>
  table(
    [
      "tower",
      "batch",
      "ms per call (10 to 90 %)",
      "items/s, one session",
      "items/s, two sessions",
      "over s",
      "PyTorch, ms per call",
    ],
    "lrrrrrl",
    rows.map(({ name, batch, median, low, high, sustained, theirs }) => [
      name,
      batch,
      `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`,
      short((1e3 * batch) / median),
      sustained ? short(sustained.perSecond) : "-",
      sustained ? sustained.seconds.toFixed(1) : "-",
      theirs ? `${theirs.milliseconds.toFixed(2)} (${theirs.variant})` : "-",
    ]),
  );

export const accuracyTable = (rows) =>
  table(
    ["tower", "most", "mean", "least cosine"],
    "lrrr",
    rows.map(({ name, worst, mean, cosine }) => [
      name,
      worst.toExponential(1),
      mean.toExponential(1),
      cosine.toFixed(6),
    ]),
  );

/** One row per tower, of its first batch. */
export function coldTable(rows) {
  const first = rows.filter(({ name }, i) => rows.findIndex((other) => other.name === name) === i);
  return table(
    ["tower", "device, ms", "kernels, ms", "first call at batch 1, ms", "kernels, kB"],
    "lrrrr",
    first.map(({ name, cold, imageBytes }) => [
      name,
      cold.open.toFixed(0),
      cold.kernels.toFixed(0),
      cold.first.toFixed(1),
      (imageBytes / 1e3).toFixed(0),
    ]),
  );
}

export function kernelTable(rows, ceilings) {
  return table(
    [
      "tower",
      "kernel",
      "what",
      "tile",
      "us",
      "times",
      "of the tower",
      "TFLOP/s",
      "of the product's",
      "of its floor",
      "PyTorch, us",
      "faster by",
    ],
    "llllrrrrrrlr",
    rows.map(
      ({ tower, kernel, what, choice, count, microseconds, flops, bytes, share, theirs }) => {
        const teraflops = flops / microseconds / 1e6;
        const floor =
          ceilings && Math.max(flops / ceilings.teraflops, bytes / ceilings.terabytes) / 1e6;
        return [
          tower,
          kernel,
          what,
          choice,
          microseconds.toFixed(1),
          count,
          percent(share),
          flops ? short(teraflops) : "-",
          flops ? percent(ceilings && teraflops / ceilings.teraflops) : "-",
          percent(floor && floor / microseconds),
          theirs
            ? theirs.map(({ way, microseconds: time }) => `${way} ${time.toFixed(1)}`).join(", ")
            : "-",
          theirs ? (theirs[0].microseconds / microseconds).toFixed(2) : "-",
        ];
      },
    ),
  );
}

/** The whole report; sections without rows are left out. */
export function report({
  card,
  emulated,
  programmatic,
  ceilings,
  before,
  after,
  forward,
  host,
  accuracy,
  kernels,
  packageBytes,
  skipped,
}) {
  const section = (title, note, rows, lines) =>
    rows.length > 0 ? ["", `## ${title}`, "", ...(note ? [note, ""] : []), ...lines] : [];
  return [
    `# Towers on ${card}`,
    ...(programmatic
      ? ["", "Launches overlap (--programmatic): a kernel starts before the one ahead has ended."]
      : []),
    ...(emulated
      ? [
          "",
          "A rehearsal on the emulated driver: every number below is this machine's " +
            "processor, and none says anything of a card.",
        ]
      : []),
    "",
    "bfloat16, random weights and inputs, embeddings alone. " +
      (ceilings
        ? `${short(ceilings.teraflops)} TFLOP/s in a product of ${ceilings.size}^3, ` +
          `${short(ceilings.terabytes)} TB/s in a copy, PyTorch ${ceilings.torch} on ` +
          `${ceilings.device}.`
        : "Without a PyTorch side.") +
      " No TensorRT, FlashAttention-3 or onnxruntime-gpu was at hand.",
    `Before: ${before}. After: ${after}. The addon has ` +
      `${(packageBytes.addon / 1e3).toFixed(0)} kB, the package's JavaScript ` +
      `${(packageBytes.scripts / 1e3).toFixed(0)} kB.`,
    ...section(
      "Forward, by the device's clock",
      "MB: weights and activations planned for the largest batch; theirs: the most that " +
        "PyTorch had allocated. `~`: less apart than either side's two turns. PyTorch's inputs " +
        "are rotated over more than an L2. Sigil's stay in place and may be overwritten by " +
        "later values; each forward reads its weights in between, which are more than an L2 " +
        "too in every tower but a rehearsal's.",
      forward,
      forwardTable(forward, ceilings),
    ),
    ...section(
      "PyTorch, each configuration",
      "",
      forward.filter(({ tried }) => tried.length > 0),
      [...variantTable(forward), ...ranLines(forward)],
    ),
    ...section(
      "From host to host",
      "Pictures as bytes (texts as ids) in memory to embeddings in memory; inputs rotated.",
      host,
      hostTable(host),
    ),
    ...section(
      "bfloat16 beside float32",
      "Elements of embeddings of length 1, the same weights and inputs on the same device.",
      accuracy,
      accuracyTable(accuracy),
    ),
    ...section("Cold start", "", forward, coldTable(forward)),
    ...section(
      "Kernels",
      "Launched one by one, an event between each, so a microsecond or two of each is not " +
        "the kernel's. Floor: the longer of its FLOPs at the product's speed and its bytes at " +
        "the copy's, nothing in a cache: more than 100 % where an L2 held operands. Theirs: " +
        "mm, addmm and addmm with GELU, or the backends of scaled dot products, on operands " +
        "rotated over more than an L2; the ratio is to the fastest of them, whatever ours does " +
        "besides.",
      kernels,
      kernelTable(kernels, ceilings),
    ),
    ...(skipped.length > 0 ? ["", `Not done for want of time: ${skipped.join(", ")}.`] : []),
    "",
  ].join("\n");
}
