/** What a command writes of an error: to a terminal, to a file, to a terminal without colours. */
import { InputError } from "@sigil/runtime";
import { afterEach, expect, it, vi } from "vitest";
import { reportError } from "../../cli/dist/report-error.js";

const { isTTY } = process.stderr;
afterEach(() => {
  process.stderr.isTTY = isTTY;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function written(terminal: boolean, noColor: string | undefined, error: unknown): string {
  process.stderr.isTTY = terminal;
  vi.stubEnv("NO_COLOR", noColor);
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(reportError(error)).toBe(1);
  return write.mock.calls.map(([text]) => String(text)).join("");
}

const error = new InputError("no picture");

it("colours an error on a terminal", () => {
  expect(written(true, undefined, error)).toBe("\u001b[31merror\u001b[39m: no picture\n");
});

// https://no-color.org: a variable that is set and not empty.
it.each([
  ["on a terminal with NO_COLOR", true, "1"],
  ["in a file", false, undefined],
])("writes plain text %s", (_, terminal, noColor) => {
  expect(written(terminal, noColor, error)).toBe("error: no picture\n");
});

it("colours where NO_COLOR is empty", () => {
  expect(written(true, "", error)).toContain("\u001b[31m");
});

it("writes no control character of a file's name", () => {
  expect(written(true, "1", new InputError("\u001b]0;owned\u0007.png"))).toBe(
    "error: \ufffd]0;owned\ufffd.png\n",
  );
});
