/**
 * The `sigil` command: arguments in, one command's module called, errors printed as their kind
 * asks.
 */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { completion, shells } from "./completion.ts";
import { parityBackends, type ParityBackend } from "./parity/tolerances.ts";
import { pictureHelp } from "./picture-help.ts";
import { targets } from "./quantize/targets.ts";
import { version } from "./version.ts";

/** A command whose module is loaded when it is called: `--help` and `--version` need none. */
const lazy =
  <Args extends unknown[]>(load: () => Promise<(...args: Args) => Promise<void> | void>) =>
  async (...args: Args): Promise<void> =>
    (await load())(...args);

const list = (text: string): string[] => {
  const labels = text.split(",").map((label) => label.trim());
  if (labels.includes("")) throw new InvalidArgumentError("a label is empty");
  return labels;
};

const collected = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];
const integer = (text: string): number => {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError("expected an integer");
  return Number(text);
};
const size = (text: string): { height: number; width: number } => {
  const [, height, width] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (!(Number(height) > 0 && Number(width) > 0))
    throw new InvalidArgumentError("expected height and width, such as 224x224");
  return { height: Number(height), width: Number(width) };
};
const cosine = (text: string): number => {
  if (!(Number(text) > 0 && Number(text) < 1))
    throw new InvalidArgumentError("expected a number between 0 and 1, such as 0.99");
  return Number(text);
};
const tolerance = (text: string): number => {
  if (!(Number(text) >= 0)) throw new InvalidArgumentError("expected a number of at least 0");
  return Number(text);
};
const backendList = (text: string): ParityBackend[] => {
  const names = text.split(",");
  const strange = names.find((name) => !parityBackends.includes(name as ParityBackend));
  if (strange !== undefined)
    throw new InvalidArgumentError(`"${strange}" is none of ${parityBackends.join(", ")}`);
  return names as ParityBackend[];
};
const positive = (text: string): number => {
  if (!(integer(text) > 0)) throw new InvalidArgumentError("expected a positive integer");
  return Number(text);
};
const part = (text: string): { index: number; of: number } => {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (!(Number(index) < Number(of)))
    throw new InvalidArgumentError("expected a part such as 0/4, which is the first of four");
  return { index: Number(index), of: Number(of) };
};
const port = (text: string): number => {
  if (!(integer(text) >= 0 && Number(text) <= 65535))
    throw new InvalidArgumentError("expected a port, from 0 to 65535");
  return Number(text);
};
const delay = (text: string): number => {
  if (!(Number(text) >= 0 && Number(text) <= 10_000))
    throw new InvalidArgumentError("expected milliseconds, from 0 to 10000");
  return Number(text);
};

const modelHelp =
  "checkpoint folder, Hub id (org/name[@revision]), spec, or folder of a compiled module";
const checkpointHelp =
  "folder or Hub id that the weights and settings of a spec or a compiled module come from";
const towerHelp =
  "one tower alone, also that of a larger model, such as PaliGemma or LLaVA-OneVision";

const patchesHelp = "patches of the largest picture, of a NaFlex model";

const program = new Command("sigil")
  .description("Compiles SigLIP specs to fused kernels with typed bindings, and runs them.")
  .version(version)
  .exitOverride()
  .showHelpAfterError();

program
  .command("inspect")
  .description("kernel problems and memory plan of a spec, a config.json or a checkpoint folder")
  .argument("<spec>")
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--dump <dir>", "also write every stage as text")
  .option(
    "--html <file>",
    "also write a page: architecture, fusion, kernels, memory, FLOPs and bytes",
  )
  .option("--json", "print the plan as JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil inspect spec/models/siglip-base-patch16-224.json --html base.html",
  )
  .action(lazy(async () => (await import("./commands/inspect.ts")).inspect));

program
  .command("compile")
  .description("a spec, a config.json or a checkpoint folder to kernels and a typed module")
  .argument("<spec>")
  .addOption(
    new Option(
      "--target <target...>",
      "what to compile for; by default what the spec says, else cpu",
    ).choices(["cpu", "webgpu", "cuda"]),
  )
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--out <dir>", "folder of the module (default: generated/<name>)")
  .addOption(
    new Option(
      "--emit <language>",
      "JavaScript with declarations, or TypeScript (default: what the spec says, else js)",
    ).choices(["js", "ts"]),
  )
  .addOption(
    new Option(
      "--import-extension <extension>",
      "how files of a TypeScript module name each other (default: what the spec says, else js)",
    ).choices(["js", "ts", "none"]),
  )
  .option(
    "--tuning <file>",
    "tuning table of the target webgpu, instead of the spec's (see sigil tune)",
  )
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--dump <dir>", "also write every stage as text")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil compile ./siglip-base-patch16-224 --out src/generated/siglip",
  )
  .action(lazy(async () => (await import("./commands/compile.ts")).compile));

program
  .command("kernels")
  .description(
    "the CUDA kernels of compiled modules to fat binaries, with nvcc 12.8 or newer; no GPU " +
      "is needed",
  )
  .argument("<module...>", "folders that sigil compile wrote")
  .option(
    "--arch <sm...>",
    "only for these compute capabilities, such as 86 or 90a (default: all that Sigil knows)",
  )
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil compile ./siglip-base-patch16-224 --target cuda --out " +
      "src/generated/siglip && sigil kernels src/generated/siglip",
  )
  .action(lazy(async () => (await import("./commands/kernels.ts")).kernels));

program
  .command("classify")
  .description(
    "classifies pictures: by labels that you name, or by those of a fine-tuned classifier",
  )
  .argument("<image...>", pictureHelp)
  .requiredOption("--model <model>", modelHelp)
  .option("--checkpoint <model>", checkpointHelp)
  .option("--labels <a,b>", "labels, separated by commas; a classifier has its own", list)
  .option(
    "--label <label>",
    "a label as it stands, commas and all; may be given many times",
    collected,
  )
  .option("--template <text>", 'text around a label (default: "This is a photo of {}.")')
  .option("--top <count>", "print only the best labels (of a classifier 5 by default)", positive)
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--threads <count>", "threads to use", positive)
  .option("--json", "print JSON, every label")
  .addHelpText(
    "after",
    '\nExamples:\n  sigil classify cat.png --labels "a cat,a dog" --model ' +
      "./siglip-base-patch16-224\n  sigil classify cat.png --model ./my-fine-tuned-classifier",
  )
  .action(lazy(async () => (await import("./commands/classify.ts")).classify));

program
  .command("embed")
  .description("embeddings of pictures or texts, as JSON lines or in a safetensors file")
  .argument("[image...]", pictureHelp)
  .requiredOption("--model <model>", modelHelp)
  .option("--checkpoint <model>", checkpointHelp)
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--text <text...>", "texts to embed")
  .option("--texts", "embed each line of stdin")
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--normalize", "scale each embedding to length one")
  .option("--out <path>", "safetensors file (image_embeds or text_embeds), or folder of shards")
  .addOption(
    new Option("--format <name>", "write a folder of shards").choices(["parquet", "safetensors"]),
  )
  .option("--shard-size <count>", "inputs of a shard (default: 1000)", positive)
  .option("--shard <i/n>", "compute the ith of n parts of the shards, from 0", part)
  .option("--queue <url>", "give the shards to sigil worker, through Redis or Valkey")
  .option("--list <file>", "a picture or a text a line; - reads stdin")
  .option("--parquet <file>", "inputs from a column of a Parquet file")
  .option("--column <name>", "the column of --parquet")
  .option("--id <name>", "the column of ids of --parquet (default: the row's number)")
  .option("--as-texts", "inputs of --list or --parquet are texts")
  .addHelpText(
    "after",
    "\nExamples:\n  sigil embed photos --model ./siglip-base-patch16-224 --format parquet " +
      "--out embeddings\n  sigil embed photos/*.jpg --model ./siglip-base-patch16-224 " +
      "--normalize --out photos.safetensors",
  )
  .action(lazy(async () => (await import("./commands/embed.ts")).embed));

program
  .command("worker")
  .description("computes shards that sigil embed --queue hands out, on any machine")
  .requiredOption("--queue <url>", "the same as of sigil embed")
  .option(
    "--board <port>",
    "also serve a page that shows the queue, its retries and failures",
    port,
  )
  .addHelpText("after", "\nExample:\n  sigil worker --queue redis://queue.example:6379")
  .action(lazy(async () => (await import("./commands/worker.ts")).worker));

program
  .command("init")
  .description("a spec to edit, from a checkpoint folder or a config.json")
  .argument("<checkpoint>")
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--out <file>", "where to write it (default: <name>.json)")
  .option("--force", "write over a file that exists")
  .addHelpText("after", "\nExample:\n  sigil init ./siglip-base-patch16-224 --out my-siglip.json")
  .action(lazy(async () => (await import("./commands/init.ts")).init));

program
  .command("preprocess")
  .description("pictures to pixel_values in a safetensors file")
  .argument("<image...>", pictureHelp)
  .requiredOption("--out <file>", "safetensors file to write")
  .option("--config <file>", "preprocessor_config.json")
  .option("--size <HxW>", "height and width, instead of the config's", size)
  .addOption(
    new Option("--resample <filter>", "filter, instead of the config's").choices([
      "nearest",
      "lanczos",
      "bilinear",
      "bicubic",
      "box",
      "hamming",
    ]),
  )
  .option("--fast", "torchvision's arithmetic instead of Pillow's")
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--uint8", "also the resized and cropped pixels, as `pixels`")
  .option("--no-exif", "do not apply the EXIF orientation")
  .addHelpText(
    "after",
    "\nExample:\n  sigil preprocess cat.jpg --size 384x384 --out pixels.safetensors",
  )
  .action(lazy(async () => (await import("./commands/preprocess.ts")).preprocess));

program
  .command("run")
  .description(
    "one run on the inputs of a safetensors file; every output under transformers' nested names",
  )
  .argument("<spec>")
  .option("--weights <file>", "checkpoint as safetensors (default: that of <spec>)")
  .option("--checkpoint <model>", checkpointHelp)
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .requiredOption(
    "--inputs <file>",
    "pixel_values (NaFlex: with pixel_attention_mask and spatial_shapes), input_ids, " +
      "attention_mask, position_ids, labels, or a document's inputs, as safetensors",
  )
  .requiredOption("--outputs <file>", "where to write the outputs")
  .addOption(
    new Option("--backend <name>", "what computes")
      .choices(["cpu", "native", "wasm", "webgpu", "cuda", "cuda-emulated", "reference"])
      .default("cpu"),
  )
  .addOption(
    new Option(
      "--cuda-path <name>",
      "which kernels of CUDA (default: by the device; portable when emulated)",
    ).choices(["portable", "hopper"]),
  )
  .option("--threads <count>", "threads to use", positive)
  .option("--hidden-states", "also every layer's hidden states")
  .option("--attentions", "also every layer's attention weights")
  .option("--interpolate", "resample position embeddings to the size of pixel_values")
  .option("--loss", "also the sigmoid loss")
  .addHelpText(
    "after",
    "\nExamples:\n  sigil run ./siglip-base-patch16-224 --inputs in.safetensors --outputs " +
      "out.safetensors\n  sigil run spec/models/siglip-shapes.json --weights model.safetensors " +
      "--inputs in.safetensors --outputs out.safetensors",
  )
  .action(lazy(async () => (await import("./commands/run.ts")).run));

program
  .command("parity")
  .description(
    "how far each backend is from the float64 oracle, after every fused kernel; exit status " +
      "1 past the tolerances",
  )
  .argument("<spec>")
  .option("--weights <file>", "checkpoint as safetensors (default: synthetic tensors of the seed)")
  .addOption(
    new Option(
      "--backends <names>",
      `backends, separated by commas, of ${parityBackends.join(", ")}`,
    )
      .argParser(backendList)
      .default(["cpu"], "cpu"),
  )
  .option("--seed <seed>", "seed of the inputs, and of the weights without --weights", integer, 0)
  .addOption(
    new Option(
      "--cuda-path <name>",
      "which kernels of CUDA (default: by the device; portable when emulated)",
    ).choices(["portable", "hopper"]),
  )
  .option("--html <file>", "also write a page with a curve over depth")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil parity spec/models/siglip-shapes.json --backends cpu,native,webgpu " +
      "--html parity.html",
  )
  .action(lazy(async () => (await import("./commands/parity.ts")).parity));

program
  .command("tune")
  .description(
    "measures how this machine's WebGPU adapter best computes a spec's kernels; writes a " +
      "table for compile --tuning",
  )
  .argument("<spec>")
  .option(
    "--out <file>",
    "table to write; what it has of other adapters and problems stays",
    "tuning.json",
  )
  .option(
    "--seconds <count>",
    "time to spend; what it does not suffice for stays as it is",
    positive,
    60,
  )
  .option("--program <name...>", "only these programs, such as siglip-vision")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil tune spec/models/siglip-base-patch16-224.json --seconds 300 --out " +
      "tuning.json",
  )
  .action(lazy(async () => (await import("./commands/tune.ts")).tune));

program
  .command("weights")
  .description("a checkpoint of synthetic tensors, the same in every language")
  .argument("<spec>")
  .requiredOption("--synthetic <seed>", "seed of the values", integer)
  .requiredOption("--out <file>", "safetensors file to write")
  .addHelpText(
    "after",
    "\nExample:\n  sigil weights --synthetic 0 spec/models/siglip-shapes.json --out " +
      "synthetic.safetensors",
  )
  .action(lazy(async () => (await import("./commands/weights.ts")).weights));

program
  .command("tokenize")
  .description("texts on stdin (a JSON string or an object with `text` a line), ids on stdout")
  .requiredOption("--model <file>", "spiece.model")
  .option("--raw", "SentencePiece alone: no canonicalisation, no eos")
  .addHelpText("after", "\nExample:\n  echo '\"a photo\"' | sigil tokenize --model spiece.model")
  .action(lazy(async () => (await import("./commands/tokenize.ts")).tokenize));

program
  .command("quantize")
  .description("a checkpoint to one of 8 or 4 bits, with a table of what it keeps")
  .argument("<checkpoint>", "checkpoint folder or Hub id (org/name[@revision])")
  .addOption(
    new Option(
      "--to <type>",
      "int8: a scale for each row; int4: one for each group of columns; nf4, fp4: " +
        "bitsandbytes' own",
    )
      .choices(targets)
      .makeOptionMandatory(),
  )
  .addOption(
    new Option("--group <columns>", "columns that share a scale, of int4")
      .choices(["32", "64", "128"])
      .default("32"),
  )
  .addOption(
    new Option("--table <type>", "how the token embeddings are stored, of int8 and int4")
      .choices(["int8", "int4", "float16"])
      .default("int8"),
  )
  .option("--keep <patterns...>", "names of matrices that stay floats; * stands for anything", [])
  .requiredOption("--out <dir>", "folder of the quantised checkpoint")
  .option("--calibrate <images...>", "pictures to calibrate int4 on, and the texts of --texts", [])
  .option(
    "--target-cosine <cosine>",
    "raise layers of int4 to 8 bits until no cosine is below",
    cosine,
  )
  .option("--images <files...>", "pictures to measure on, instead of noise", [])
  .option("--texts <file>", "texts to measure on, one a line, instead of noise")
  .option("--no-measure", "do not run the models afterwards")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil quantize google/siglip-base-patch16-224 --to int4 --out siglip-int4",
  )
  .action(lazy(async () => (await import("./commands/quantize.ts")).quantizeCheckpoint));

program
  .command("compare")
  .description("two safetensors files, tensor by tensor")
  .argument("<a>")
  .argument("<b>")
  .option("--tolerance <error>", "exit with 1 past this error", tolerance)
  .addOption(
    new Option("--sort <order>", "order of the rows").choices(["file", "error"]).default("file"),
  )
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil compare out.safetensors expected.safetensors --tolerance 1e-5",
  )
  .action(lazy(async () => (await import("./commands/compare.ts")).compare));

program
  .command("serve")
  .description("serves models over HTTP: the Open Inference Protocol, /embed and /classify")
  .argument("<model...>", `${modelHelp}; name=model gives one a name`)
  .option("--port <number>", "port to listen on; 0 takes a free one", port, 8080)
  .option("--host <address>", "address to listen on; 0.0.0.0 for every network", "127.0.0.1")
  .addOption(
    new Option("--backend <name>", "what computes: the native addon where it can run, or one")
      .choices(["auto", "native", "wasm"])
      .default("auto"),
  )
  .option("--threads <count>", "threads to use for each model", positive)
  .option("--max-waiting <count>", "pictures and texts that may wait for a model", positive, 512)
  .option("--max-delay <ms>", "how long a request may wait for others to run with", delay, 2)
  .option("--body-limit <bytes>", "largest request (default: 33554432)", positive)
  .option("--verbose", "write a line for each request")
  .addHelpText(
    "after",
    "\nExamples:\n  sigil serve ./siglip-base-patch16-224\n  curl -F images=@cat.png -F " +
      "labels='a cat' -F labels='a dog' localhost:8080/classify",
  )
  .action(lazy(async () => (await import("./commands/serve.ts")).serve));

program
  .command("catalogue")
  .description("what every published checkpoint takes: parameters, FLOPs, weights, memory")
  .option("--json", "print JSON")
  .addHelpText("after", "\nExample:\n  sigil catalogue")
  .action(lazy(async () => (await import("./commands/catalogue.ts")).catalogue));

program
  .command("doctor")
  .description("what this machine can run, and what is missing")
  .option("--json", "print JSON")
  .addHelpText("after", "\nExample:\n  sigil doctor")
  .action(lazy(async () => (await import("./commands/doctor.ts")).doctor));

program
  .command("completion")
  .description("a script that completes commands and options in a shell")
  .addArgument(new Argument("<shell>").choices(shells))
  .addHelpText("after", "\nExample:\n  source <(sigil completion bash)")
  .action((shell) => void process.stdout.write(completion(program, shell)));

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? 0 : 1),
);

// What an addon or a worker throws outside of every call.
process.on("uncaughtException", async (error) => process.exit(await reported(error)));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = await reported(error);
}

/** The exit status of what a command has thrown; commander has said its own already. */
async function reported(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return (await import("./report-error.ts")).reportError(error);
}
