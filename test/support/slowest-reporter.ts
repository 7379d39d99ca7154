import type { TestCase, TestModule } from "vitest/node";
import type { Reporter } from "vitest/reporters";

const shown = 20;

/** Prints the files and the tests that took longest, so that a suite does not grow slow unseen. */
export default class SlowestReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules.map((module) => ({
      name: module.relativeModuleId,
      milliseconds: module.diagnostic().duration,
    }));
    const tests = modules.flatMap((module) =>
      [...module.children.allTests()].map((test: TestCase) => ({
        name: `${module.relativeModuleId} > ${test.fullName}`,
        milliseconds: test.diagnostic()?.duration ?? 0,
      })),
    );
    print("Slowest files", files);
    print("Slowest tests", tests);
  }
}

function print(title: string, entries: readonly { name: string; milliseconds: number }[]): void {
  const slowest = entries.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, shown);
  console.log(`\n${title}`);
  for (const { name, milliseconds } of slowest)
    console.log(`${(milliseconds / 1000).toFixed(1).padStart(8)} s  ${name}`);
}
