import { SingleBar } from "cli-progress";

/** Reports a share of a task, in whatever unit `total` is. */
export type Report = (done: number, total: number) => void;

/** Milliseconds between two lines of a log. */
const lineInterval = 60_000;

/**
 * Runs a task with a bar on stderr where that is a terminal. Elsewhere a task that takes longer
 * than a minute writes a line a minute there, as a log wants it.
 */
export async function withProgress<T>(
  label: string,
  task: (report: Report) => Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY) {
    let last = Date.now();
    return task((done, total) => {
      if (total === 0 || Date.now() - last < lineInterval) return;
      last = Date.now();
      process.stderr.write(`${label}: ${Math.floor((100 * done) / total)}%\n`);
    });
  }
  const bar = new SingleBar({
    format: `${label} {bar} {percentage}%  {eta_formatted} left`,
    barCompleteChar: "█",
    barIncompleteChar: "·",
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  bar.start(100, 0);
  try {
    return await task((done, total) => bar.update(total === 0 ? 100 : (100 * done) / total));
  } finally {
    bar.stop();
  }
}
