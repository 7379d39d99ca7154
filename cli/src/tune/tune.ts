/**
 * Measures ways to compute a spec's problems on this machine's adapter, in turns with Sigil's own
 * choice.
 */
import {
  candidates,
  tuningOf,
  type KernelFeature,
  type KernelSet,
  type Measured,
  type Tuning,
} from "@sigil/compiler/internal";
import type { HeldDevice } from "@sigil/runtime-webgpu";
import { parityError } from "../parity/measure.ts";
import { webgpu } from "../backends/webgpu/index.ts";
import type { Report } from "../progress.ts";
import { loadKernel, type LoadedKernel } from "./loaded-kernel.ts";
import type { TunedProblem } from "./tuned-problems.ts";

/** The result of tuning one problem. */
export interface TunedResult {
  readonly problem: TunedProblem;
  /**
   * Candidates measured, of all there are, and those whose results were wrong or that the adapter
   * refused.
   */
  readonly measured: number;
  readonly candidates: number;
  readonly refused: readonly string[];
  /** Microseconds of Sigil's own choice. */
  readonly own: number;
  /** The fastest other one, if it is faster: a table of one entry. */
  readonly best?: { readonly table: Measured; readonly microseconds: number; readonly own: number };
}

export interface TuneOptions {
  readonly seconds: number;
  readonly report: Report;
  /** Milliseconds; the clock by default. */
  readonly now?: () => number;
}

/** Turns in which a candidate and Sigil's choice are timed; the fastest of each counts. */
const turns = 5;
/**
 * A candidate has to win by this share, more than repeated measurements of one kernel differ by.
 */
const margin = 0.05;
/**
 * Launches of one measurement take at least this long together, so that clocks and timestamps of
 * coarse steps do.
 */
const leastMicroseconds = 20_000;

/**
 * Tunes the problems, and returns the results in their order. Each problem gets a share of the time
 * that is proportional to its share of a run. After the deadline no measurement begins, and the
 * remaining problems keep Sigil's choice.
 */
export async function tune(
  problems: readonly TunedProblem[],
  held: HeldDevice,
  set: KernelSet,
  features: readonly KernelFeature[],
  { seconds, report, now = () => performance.now() }: TuneOptions,
): Promise<readonly TunedResult[]> {
  const tuning = tuningOf(held.kind, features);
  const start = now();
  const elapsed = (): number => (now() - start) / 1000;
  const costs: {
    readonly problem: TunedProblem;
    readonly cost: number;
    readonly repeat: number;
  }[] = [];
  const results = new Map<TunedProblem, TunedResult>();
  for (const problem of problems) {
    const all = candidates(problem.launch.problem, problem.program.symbols, tuning).length;
    const kernel =
      elapsed() < seconds / 2 ? await loadKernel(problem, set, tuning, held, 1) : undefined;
    if (kernel) {
      await kernel.run();
      const { microseconds } = await kernel.run();
      await kernel.dispose();
      costs.push({
        problem,
        cost: microseconds * problem.count,
        repeat: Math.min(64, Math.max(1, Math.ceil(leastMicroseconds / microseconds))),
      });
      results.set(problem, {
        problem,
        measured: 0,
        candidates: all,
        refused: [],
        own: microseconds,
      });
    } else results.set(problem, { problem, measured: 0, candidates: all, refused: [], own: NaN });
    report(Math.min(elapsed(), seconds), seconds);
  }
  costs.sort((a, b) => b.cost - a.cost);
  for (const [i, { problem, cost, repeat }] of costs.entries()) {
    const left = seconds - elapsed();
    const share = cost / costs.slice(i).reduce((sum, other) => sum + other.cost, 0);
    if (left > 0)
      results.set(
        problem,
        await tuneProblem(
          problem,
          held,
          set,
          tuning,
          repeat,
          () => elapsed() < seconds - left * (1 - share),
          () => report(Math.min(elapsed(), seconds), seconds),
        ),
      );
  }
  // A map keeps the order in which keys were first set: that of the problems.
  return [...results.values()];
}

async function tuneProblem(
  problem: TunedProblem,
  held: HeldDevice,
  set: KernelSet,
  tuning: Tuning,
  repeat: number,
  timeLeft: () => boolean,
  tick: () => void,
): Promise<TunedResult> {
  const all = candidates(problem.launch.problem, problem.program.symbols, tuning);
  const refused: string[] = [];
  const own = await loadKernel(problem, set, tuning, held, repeat);
  try {
    const expected = (await own.run()).outputs;
    let [fastest, measured] = [(await own.run()).microseconds, 0];
    let best: TunedResult["best"];
    for (const table of all) {
      if (!timeLeft()) break;
      measured++;
      const other = await loadKernel(
        problem,
        set,
        { ...tuning, measured: table },
        held,
        repeat,
      ).catch((error: Error) => void refused.push(error.message));
      if (!other) continue;
      try {
        const wrong = disagreement((await other.run()).outputs, expected);
        if (wrong) refused.push(`${JSON.stringify(table)}: ${wrong}`);
        else {
          const times = await race(own, other, best?.microseconds ?? Infinity);
          fastest = Math.min(fastest, times.own);
          if (
            times.other < (1 - margin) * times.own &&
            times.other < (best?.microseconds ?? Infinity)
          )
            best = { table, microseconds: times.other, own: times.own };
        }
      } finally {
        await other.dispose();
      }
      tick();
    }
    return {
      problem,
      measured,
      candidates: all.length,
      refused,
      own: fastest,
      ...(best && { best }),
    };
  } finally {
    await own.dispose();
  }
}

/**
 * Says why a candidate's result is wrong. Undefined if it is right: sums of float32 in another
 * order differ, but by less than the backend's tolerance.
 */
export function disagreement(
  actual: readonly Float32Array[],
  expected: readonly Float32Array[],
): string | undefined {
  const bound = webgpu.ways.webgpu.tolerances.float32;
  const error = Math.max(...expected.map((data, i) => parityError(actual[i]!, data)));
  return error < bound
    ? undefined
    : `its result differs from that of Sigil's own choice by ${error.toExponential(2)} of the ` +
        `largest magnitude, more than ${bound}`;
}

/** The fastest run of each, in turns; given up after one if the other is far from both. */
async function race(
  own: LoadedKernel,
  other: LoadedKernel,
  best: number,
): Promise<{ own: number; other: number }> {
  let times = { own: Infinity, other: Infinity };
  for (let turn = 0; turn < turns; turn++) {
    times = {
      own: Math.min(times.own, (await own.run()).microseconds),
      other: Math.min(times.other, (await other.run()).microseconds),
    };
    if (times.other > 1.5 * Math.min(times.own, best)) break;
  }
  return times;
}
