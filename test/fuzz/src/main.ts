/** `npm run fuzz`: tries a target, or all of them in turn, and says what was found. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { judge } from "./judge.ts";
import { Random } from "./random.ts";
import { fuzz } from "./supervise.ts";
import { targetNamed, targets } from "./targets/index.ts";

const described = targets.map(
  ({ name, about, goal }) => `  ${name.padEnd(18)} ${about} (goal ${goal.toExponential(0)})`,
);
const help = `npm run fuzz -- --target NAME[,NAME...] [options]

  --target NAME    one of the targets below, several with commas, or all
  --seconds N      how long each target is tried (default 60)
  --seed S         where choices start (default 1)
  --inputs N       inputs at most
  --jobs N         processes (default: one for each core)
  --index I        run input I alone and print it

${described.join("\n")}
`;

const { values } = parseArgs({
  options: {
    target: { type: "string" },
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    inputs: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    index: { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help || values.target === undefined) {
  process.stdout.write(help);
  process.exit(values.help ? 0 : 2);
}
const names = values.target === "all" ? targets.map(({ name }) => name) : values.target.split(",");
const seed = Number(values.seed);

if (values.index !== undefined) {
  const target = await targetNamed(names[0]!).open();
  const input = target.draw(Random.of(seed, Number(values.index)));
  process.stdout.write(`${new TextDecoder().decode(input).slice(0, 4000)}\n`);
  console.log(await judge(target, input));
  process.exit(0);
}

let found = 0;
for (const name of names) {
  targetNamed(name);
  const begin = Date.now();
  const line = ({ tried, refused, findings }: Awaited<ReturnType<typeof fuzz>>): string => {
    const seconds = (Date.now() - begin) / 1000;
    return (
      `${name.padEnd(18)} ${tried.toLocaleString("en").padStart(12)} inputs` +
      ` ${Math.round(tried / seconds)
        .toLocaleString("en")
        .padStart(9)}/s` +
      ` ${((100 * refused) / Math.max(1, tried)).toFixed(1).padStart(5)} % refused` +
      ` ${findings.length} findings`
    );
  };
  const result = await fuzz({
    target: name,
    seconds: Number(values.seconds),
    seed,
    jobs: Number(values.jobs),
    folder: join(import.meta.dirname, "../../../build/fuzz"),
    ...(values.inputs !== undefined && { inputs: Number(values.inputs) }),
    ...(process.stderr.isTTY && {
      onProgress: (progress) => process.stderr.write(`\r${line(progress)}`),
    }),
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  console.log(line(result));
  for (const { index, judgement, file } of result.findings)
    console.log(
      `  --seed ${seed} --index ${index}: ${judgement.fault}\n    ${judgement.message}\n    ` +
        `${file}`,
    );
  found += result.findings.length;
}
process.exit(found === 0 ? 0 : 1);
