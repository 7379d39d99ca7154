import { readPictures, reportUnreadable, type Unreadable } from "../read-pictures.ts";
import { openSession } from "../session.ts";

const bar = (score: number): string => "█".repeat(Math.round(score * 24)).padEnd(24, "·");

/**
 * Labels of each picture by probability. A picture that cannot be read is listed at the end, and
 * the exit status is 1.
 */
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
  const unreadable: Unreadable[] = [];
  try {
    const width = Math.max(...options.labels.map((label) => label.length));
    const found: object[] = [];
    const leftOut = (one: Unreadable): void => void unreadable.push(one);
    for await (const { images: some, pixelValues } of readPictures(
      images,
      session.processor,
      leftOut,
    )) {
      const { template } = options;
      const results = await session.classifier.classify(pixelValues, options.labels, { template });
      some.forEach((image, i) => {
        if (options.json) found.push({ image, labels: results[i]! });
        else process.stdout.write(described(image, results[i]!.slice(0, options.top), width));
      });
    }
    if (options.json) process.stdout.write(`${JSON.stringify(found)}\n`);
    else if (unreadable.length < images.length) process.stdout.write("\n");
  } finally {
    await session.close();
    reportUnreadable(unreadable, images.length);
  }
}

function described(
  image: string,
  labels: readonly { readonly label: string; readonly score: number }[],
  width: number,
): string {
  const lines = labels.map(
    ({ label, score }) =>
      `  ${label.padEnd(width)}  ${bar(score)} ${(score * 100).toFixed(2).padStart(6)} %\n`,
  );
  return `\n${image}\n${lines.join("")}`;
}
