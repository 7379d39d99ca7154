import { SingleBar } from "cli-progress";

/** Reports a share of a task, in whatever unit `total` is. */
export type Report = (done: number, total: number) => void;

/**
 * Runs a task with a bar on stderr where that is a terminal; elsewhere in silence, so that output
 * can be piped.
 */
export async function withProgress<T>(
  label: string,
  task: (report: Report) => Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY) return task(() => {});
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
