/**
 * The process that tries inputs. It writes to a file where it is, so that its parent knows which
 * input a hang or a crash belongs to.
 */
import { openSync, writeSync } from "node:fs";
import { judge, signature, type Judgement } from "./judge.ts";
import { minimise } from "./minimise.ts";
import { Random } from "./random.ts";
import { targetNamed } from "./targets/index.ts";

/** What a child is told, as JSON in its first argument. */
export interface ChildTask {
  readonly target: string;
  readonly seed: number;
  /** The first input, and how far the next is. */
  readonly first: number;
  readonly step: number;
  /** When to end, in milliseconds since 1970. */
  readonly until: number;
  /** The first input that is not tried. */
  readonly end: number;
  readonly indexFile: string;
  /** Inputs between two writes to it: a write costs as much as a cheap input. */
  readonly stretch: number;
  /** Faults that were told already. */
  readonly known: readonly string[];
}

/** What a child tells: how far it is, or a finding. */
export type ChildMessage =
  | { readonly tried: number; readonly refused: number }
  | {
      readonly index: number;
      readonly judgement: Judgement;
      /** The minimised input, base64. */
      readonly input: string;
    };

const task = JSON.parse(process.argv[2]!) as ChildTask;
const tell = (message: ChildMessage): Promise<void> =>
  new Promise((resolve) => process.send!(message, () => resolve()));

const target = await targetNamed(task.target).open();
const file = openSync(task.indexFile, "w");
const place = new Float64Array(1);
const told = new Set(task.known);
let tried = 0;
let refused = 0;
let last = performance.now();
for (let index = task.first, i = 0; index < task.end && Date.now() < task.until; i++) {
  if (i % task.stretch === 0) {
    place[0] = index;
    writeSync(file, place, 0, 8, 0);
  }
  const input = target.draw(Random.of(task.seed, index));
  const judgement = await judge(target, input);
  tried++;
  if (judgement.outcome === "refused") refused++;
  if (judgement.fault && !told.has(signature(judgement))) {
    told.add(signature(judgement));
    const same = async (candidate: Uint8Array): Promise<boolean> =>
      signature(await judge(target, candidate)) === signature(judgement);
    const small = await minimise(input, same);
    await tell({ index, judgement, input: Buffer.from(small).toString("base64") });
  }
  if (performance.now() - last > 500) {
    last = performance.now();
    await tell({ tried, refused });
    tried = refused = 0;
  }
  index += task.step;
}
await tell({ tried, refused });
await target.close?.();
process.exit(0);
