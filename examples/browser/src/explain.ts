/** Errors in words for the person in front of the page: what happened, and what to do. */
import { MisfitError } from "./checkpoint/fit.ts";
import { DropError } from "./pictures/dropped.ts";
import type { Notice } from "./views/notices-view.ts";

/** Why WebGPU was not chosen, as the end of a sentence. `reason` is the runtime's. */
export function whyNoWebGpu(reason: string): string {
  if (!isSecureContext)
    return "browsers offer WebGPU only to pages that come over https or from localhost.";
  if (!("gpu" in navigator))
    return (
      "this browser offers no WebGPU. Current Chrome, Edge, Safari and, on Windows and macOS, " +
      "Firefox have it; on Linux it may have to be turned on."
    );
  if (/software/i.test(reason))
    return "the only WebGPU adapter here is a software one, which is slower than WebAssembly.";
  if (/no adapter/i.test(reason))
    return (
      "the browser has WebGPU but no adapter for this device: its graphics driver may be too " +
      "old or blocked."
    );
  return `WebGPU cannot run this model here: ${reason}`;
}

const coded = (error: Error): string | undefined =>
  (error as Error & { readonly code?: string }).code;

/** What opening a checkpoint or a backend threw. */
export function explainLoading(error: Error): Notice {
  const technical = error.message;
  if (error instanceof MisfitError)
    return {
      kind: "error",
      title: "This checkpoint is of another architecture",
      detail:
        "Kernels have a model's sizes inside, so this page runs checkpoints with those that it " +
        "was compiled for; " +
        (error.issues.length === 1
          ? "one setting differs"
          : `${error.issues.length} settings differ`) +
        ". " +
        "Compile this one, name its module in examples/browser/src/model.ts, and load the page " +
        "again:",
      issues: error.issues,
      command: error.command,
    };
  const issues = (error as Error & { readonly issues?: readonly string[] }).issues ?? [];
  if (error.name === "WeightsError")
    return {
      kind: "error",
      title: "The checkpoint cannot be loaded",
      detail: technical.split("\n")[0]!,
      issues,
    };
  if (error.name === "TokenizerError")
    return { kind: "error", title: "The checkpoint's tokenizer cannot be read", detail: technical };
  if (error.name === "CapacityError")
    return {
      kind: "error",
      title: "The model does not fit this tab's memory",
      detail: "Close other tabs, or choose WebGPU.",
      technical,
    };
  if (error.name === "WebGpuError")
    switch (coded(error)) {
      case "no-adapter": {
        const why = whyNoWebGpu(technical);
        return {
          kind: "error",
          title: "WebGPU cannot be used here",
          detail: why[0]!.toUpperCase() + why.slice(1),
          technical,
        };
      }
      case "out-of-memory":
        return {
          kind: "error",
          title: "The GPU has not enough memory",
          detail: "Close other tabs and programs that use it, or choose the CPU.",
          technical,
        };
      case "device-lost":
        return {
          kind: "error",
          title: "The GPU was lost while the model was loading",
          detail: "Choose WebGPU again, or the CPU.",
          technical,
        };
      default:
        return {
          kind: "error",
          title: "WebGPU cannot run this model here",
          detail: "Choose the CPU.",
          technical,
        };
    }
  return {
    kind: "error",
    title: "The model cannot be loaded",
    detail: "See whether the address is right and the network is there, then load it again.",
    technical,
  };
}

/** What `getUserMedia` threw. */
export function explainCamera(error: Error): Notice {
  const told: Readonly<Record<string, readonly [title: string, detail: string]>> = {
    NotAllowedError: [
      "The camera was not allowed",
      "Allow it for this page in the browser's site settings, then try again. Everything " +
        "else works without it.",
    ],
    NotFoundError: ["There is no camera", "Connect one and try again, or choose pictures."],
    NotReadableError: [
      "The camera is in use",
      "Another program or tab holds it. Close that and try again.",
    ],
    NotSupportedError: [
      "The camera needs a secure page",
      "Browsers offer it only to pages that come over https or from localhost.",
    ],
  };
  const [title, detail] = told[error.name] ?? [
    "The camera cannot be used",
    "Choose pictures instead.",
  ];
  return { kind: "error", title, detail, technical: error.message };
}

/** What reading a drop threw. */
export function explainDrop(error: Error): Notice {
  if (error instanceof DropError)
    return {
      kind: "error",
      title: `The folder ${error.folder} gives no files`,
      detail:
        "See whether it is still there, has files right inside it and may be read, or choose " +
        "its files instead.",
      technical: error.message,
    };
  return {
    kind: "error",
    title: "What was dropped cannot be read",
    detail: "Choose the files instead.",
    technical: error.message,
  };
}

/** What classifying threw. */
export function explainRun(error: Error, picture: string): Notice {
  if (error.name === "ImageError")
    return {
      kind: "error",
      title: `${picture} cannot be read`,
      detail:
        "It is no picture, or of a kind that this browser does not decode. PNG, JPEG, WebP " +
        "and GIF always work.",
      technical: error.message,
    };
  if (error.name === "WebGpuError")
    return {
      kind: "error",
      title: "The GPU stopped",
      detail: "Choose WebGPU again to retry, or the CPU.",
      technical: error.message,
    };
  return { kind: "error", title: "This picture could not be classified", technical: error.message };
}
