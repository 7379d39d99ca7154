import { decodeImage } from "@sigil/runtime/node";
import { openSession } from "../session.ts";

const bar = (score: number): string => "█".repeat(Math.round(score * 24)).padEnd(24, "·");

export async function classify(
  images: string[],
  options: {
    labels: string[];
    model: string;
    template: string;
    top?: number;
    threads?: number;
    json?: boolean;
  },
): Promise<void> {
  const session = await openSession(
    options.model,
    options.threads === undefined ? {} : { threads: options.threads },
  );
  try {
    const pictures = await Promise.all(images.map((image) => decodeImage(image)));
    const { pixelValues, shape } = session.processor.preprocess(pictures);
    const results = await session.classifier.classify(
      { data: pixelValues, shape },
      options.labels,
      { template: options.template },
    );
    if (options.json) {
      process.stdout.write(
        `${JSON.stringify(images.map((image, i) => ({ image, labels: results[i]! })))}\n`,
      );
      return;
    }
    const width = Math.max(...options.labels.map((label) => label.length));
    images.forEach((image, i) => {
      process.stdout.write(`\n${image}\n`);
      for (const { label, score } of results[i]!.slice(0, options.top))
        process.stdout.write(
          `  ${label.padEnd(width)}  ${bar(score)} ${(score * 100).toFixed(2).padStart(6)} %\n`,
        );
    });
    process.stdout.write("\n");
  } finally {
    await session.close();
  }
}
