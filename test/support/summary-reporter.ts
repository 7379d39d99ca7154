import type { TestCase, TestModule } from "vitest/node";
import type { Reporter } from "vitest/reporters";

const shown = 20;

/**
 * Prints the files and the tests that took longest, so that a suite does not grow slow unseen, and
 * those that never ended, which vitest does not name where a process of tests dies.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) =>
      [...module.children.allTests()].map((test: TestCase) => ({
        name: `${module.relativeModuleId} > ${test.fullName}`,
        milliseconds: test.diagnostic()?.duration ?? 0,
        ended: test.result().state !== "pending",
      })),
    );
    const files = modules.map((module) => ({
      name: module.relativeModuleId,
      milliseconds: module.diagnostic().duration,
      ended: !["pending", "queued"].includes(module.state()),
    }));
    printSlowest("Slowest files", files);
    printSlowest("Slowest tests", tests);
    const lost = [...files, ...tests].filter(({ ended }) => !ended);
    if (lost.length === 0) return;
    console.log("\nNever ended");
    for (const { name } of lost) console.log(`  ${name}`);
  }
}

function printSlowest(
  title: string,
  entries: readonly { name: string; milliseconds: number }[],
): void {
  const slowest = entries.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, shown);
  console.log(`\n${title}`);
  for (const { name, milliseconds } of slowest)
    console.log(`${(milliseconds / 1000).toFixed(1).padStart(8)} s  ${name}`);
}
