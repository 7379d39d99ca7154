/**
 * What the compiler and the runtime promise by semantic versions. A name that leaves a list is a
 * major release, one that joins a minor one.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const names: Readonly<Record<string, string>> = {
  compiler: `
    ArchitectureError CompiledModel CompiledProgram artifactFiles compile cpuArtifact
    readArchitecture removeFormerModules stages writeFiles
  `,
  runtime: `
    AnyImageProcessor BackendChoice BackendName BackendOpener BackendOptions ByteSource ByteTensor
    CachedFile CachedSourceOptions ClassScore ClassificationPipeline ConnectOptions Connection
    CpuBackendName CpuChoice DataFormat DecodeOptions DeviceBytes DisposedError EncodeOptions
    EncodedPiece Encoding ExpectedWeight FeatureOptions FeaturePipeline FixedSize GraphModel
    GraphTypes HostData ImageArray ImageBytes ImageClassification ImageClassificationOptions
    ImageError ImageFeatures ImageProcessorChoice ImageProcessorOptions ImageSize ImageWarning
    InputError InputTensor IntTensor JsonTokenizer LabelScore LabelTokenizer Labels LayerTensors
    ModelProcessor ModelWarning OpenClipCleaning OpenClipImageProcessor OptionError Output
    PictureMode Pictures PixelValues PlanError ProblemType Processed ProcessedTexts
    ProcessorInputs ProcessorParts ProcessorTarget RawImage Resample Rows SentencePiece Session
    SessionOptions ShardIndex SigilError Siglip2ForImageClassification Siglip2ImageProcessor
    Siglip2ImageProcessorFast Siglip2ImageProcessorOptions Siglip2Model Siglip2Processed
    Siglip2Processor Siglip2ProcessorInputs Siglip2VisionInputs Siglip2VisionModel
    SiglipClassificationOutput SiglipForImageClassification SiglipImageProcessor
    SiglipImageProcessorFast SiglipModel SiglipProcessor SiglipScores SiglipTextInputs
    SiglipTextModel SiglipTextOutput SiglipTextTypes SiglipTokenizer SiglipTypes
    SiglipVisionInputs SiglipVisionModel SiglipVisionOutput SiglipVisionTypes Tensor TensorInfo
    TensorToWrite TensorsToWrite TimmImageProcessor Tokenizer TokenizerConfig TokenizerError
    TokenizerFiles UnplacedPlan UntypedSiglip UntypedSiglip2 UrlSourceOptions VerifyOptions
    WarningCode WarningHandler WeightSource WeightsError WeightsErrorDetails WorkerError
    WorkerOptions ZeroShotImageClassification ZeroShotOptions ZeroShotPipeline blobSource
    bufferSource cachedFiles cachedSource clearCached decodeImageBlob imageProcessorConfig
    imageProcessorFromConfig openBackend openClipText openClipTokenizer openSafetensors
    openShardedSafetensors parsePythonJson placeWeights syntheticWeights tokenizerConfigOf
    tokenizerFromJson urlSource writeSafetensors
  `,
};

/** Every name stands in a list of its index, so that none comes by chance. */
function exported(folder: string): { readonly values: string[]; readonly all: string[] } {
  const text = readFileSync(join(root, folder, "src/index.ts"), "utf8");
  expect(text).not.toMatch(/export (\*|const|function|class|interface|type \w)/);
  const all = [...text.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, type, list = ""]) =>
    list.split(",").flatMap((item) => {
      const name = item.trim();
      return name === "" ? [] : [type && !name.startsWith("type ") ? `type ${name}` : name];
    }),
  );
  return {
    values: all.filter((name) => !name.startsWith("type ")).sort(),
    all: all.map((name) => name.replace("type ", "")).sort(),
  };
}

describe.each(Object.keys(names))("@sigil/%s", (folder) => {
  it("exports what it promises", async () => {
    const { values, all } = exported(folder);
    expect(all).toEqual(names[folder]!.trim().split(/\s+/));
    expect(Object.keys(await import(`@sigil/${folder}`)).sort()).toEqual(values);
  });

  it("has all of it behind its internal door too", async () => {
    const internal = await import(`@sigil/${folder}/internal`);
    expect(Object.keys(internal)).toEqual(expect.arrayContaining(exported(folder).values));
  });
});

it("generated modules, documentation and examples use public names alone", () => {
  const files = globSync(
    ["*.md", "*/README.md", "docs/**/*.md", "examples/**/*.{ts,tsx,js,mjs}", "generated/**/*.ts"],
    { cwd: root, ignore: ["**/node_modules/**", "docs/decisions/**", "docs/api/**"] },
  );
  expect(files.length).toBeGreaterThan(50);
  const told = files.filter((file) =>
    /from "@sigil\/\w+\/internal"/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(told).toEqual([]);
});

it("scripts and benchmarks, which no compiler checks, import names that are there", () => {
  const files = globSync(["bench/**/*.mjs", "scripts/**/*.mjs", "examples/**/*.mjs"], {
    cwd: root,
    ignore: ["**/node_modules/**"],
  });
  expect(files.length).toBeGreaterThan(20);
  const missing = files.flatMap((file) =>
    [
      ...readFileSync(join(root, file), "utf8").matchAll(
        /import \{([^}]*)\} from "@sigil\/(compiler|runtime)";/g,
      ),
    ].flatMap(([, list = "", folder = ""]) =>
      list
        .split(",")
        .map((item) => item.trim().replace(/ as .*/, ""))
        .filter((name) => name !== "" && !exported(folder).all.includes(name))
        .map((name) => `${file}: ${name}`),
    ),
  );
  expect(missing).toEqual([]);
});
