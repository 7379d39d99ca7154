import { afterEach, expect, it, vi } from "vitest";
import { withProgress } from "../../cli/dist/progress.js";

const { isTTY } = process.stderr;
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  process.stderr.isTTY = isTTY;
});

it("a log has a line a minute of a long task, and nothing of a short one", async () => {
  process.stderr.isTTY = false;
  vi.useFakeTimers();
  const written: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  const result = await withProgress("quantising", async (report) => {
    for (let done = 1; done <= 300; done++) {
      vi.advanceTimersByTime(500);
      report(done, 300);
    }
    return "done";
  });
  expect(result).toBe("done");
  expect(written).toEqual(["quantising: 40%\n", "quantising: 80%\n"]);
});
