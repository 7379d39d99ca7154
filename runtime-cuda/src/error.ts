import { DisposedError, SigilError } from "@sigil/runtime";

export type CudaErrorCode =
  /** There is neither a built nor a prebuilt addon. */
  | "no-addon"
  /** There is no CUDA driver library. */
  | "no-driver"
  /** The driver is older than CUDA 12.0 (525). */
  | "driver-too-old"
  /** The driver has no device, or not the one asked for. */
  | "no-device"
  | "out-of-memory"
  /** The kernel image does not exist: it was not compiled with the model. */
  | "no-image"
  /**
   * The image has no kernels for the architecture of this device, and none that the driver could
   * compile for it.
   */
  | "wrong-architecture"
  /** The driver refuses the image: it is damaged, or newer than the driver. */
  | "image"
  /** A kernel failed while it ran. Everything on this device fails from then on. */
  | "launch"
  /** A handle or an address does not belong to this device. That is a fault of Sigil. */
  | "handle"
  /** Any other failure of the driver. */
  | "driver";

export interface CudaErrorDetails {
  /** The name in CUDA, such as CUDA_ERROR_OUT_OF_MEMORY. */
  readonly cudaName?: string;
  /** The driver call that failed. */
  readonly call?: string;
  /** The kernel, tensor, buffer or program that it is about. */
  readonly about?: string;
}

/** Thrown if a model cannot run on CUDA. The message says what to do. */
export class CudaError extends SigilError implements CudaErrorDetails {
  override readonly name = "CudaError";
  readonly code: CudaErrorCode;
  readonly cudaName?: string;
  readonly call?: string;
  readonly about?: string;

  constructor(
    code: CudaErrorCode,
    message: string,
    { cudaName, call, about, ...options }: CudaErrorDetails & ErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    if (cudaName) this.cudaName = cudaName;
    if (call) this.call = call;
    if (about) this.about = about;
  }
}

const codes: Readonly<Record<string, CudaErrorCode>> = {
  CUDA_ERROR_NO_DEVICE: "no-device",
  CUDA_ERROR_INVALID_DEVICE: "no-device",
  CUDA_ERROR_OUT_OF_MEMORY: "out-of-memory",
  CUDA_ERROR_NO_BINARY_FOR_GPU: "wrong-architecture",
  CUDA_ERROR_INVALID_IMAGE: "image",
  CUDA_ERROR_INVALID_SOURCE: "image",
  CUDA_ERROR_NOT_FOUND: "image",
  CUDA_ERROR_INVALID_PTX: "image",
  CUDA_ERROR_UNSUPPORTED_PTX_VERSION: "image",
  CUDA_ERROR_JIT_COMPILER_NOT_FOUND: "image",
  CUDA_ERROR_ILLEGAL_ADDRESS: "launch",
  CUDA_ERROR_ILLEGAL_INSTRUCTION: "launch",
  CUDA_ERROR_MISALIGNED_ADDRESS: "launch",
  CUDA_ERROR_INVALID_ADDRESS_SPACE: "launch",
  CUDA_ERROR_INVALID_PC: "launch",
  CUDA_ERROR_LAUNCH_FAILED: "launch",
  CUDA_ERROR_LAUNCH_TIMEOUT: "launch",
  CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES: "launch",
  CUDA_ERROR_HARDWARE_STACK_ERROR: "launch",
};

const advice: Readonly<Partial<Record<CudaErrorCode, string>>> = {
  "no-driver": "install NVIDIA's driver, 525 or newer, or use the CPU backend",
  "driver-too-old": "update NVIDIA's driver to 525 or newer",
  "no-device": "check nvidia-smi and CUDA_VISIBLE_DEVICES, or use the CPU backend",
  "out-of-memory": "compile with 16-bit storage or a smaller batch, or free the device",
  "wrong-architecture": "build the kernels for it: sigil kernels",
  launch:
    "everything on the device fails now: open another session, in another process if that " +
    "fails too",
  image:
    "build the kernels again, or update the driver if it is older than the toolkit that built them",
};

/** Codes that the addon gives itself, without a call of the driver. */
const own = ["no-driver", "driver-too-old", "image", "handle", "out-of-memory"] as const;

/** As the addon throws it. */
interface NativeFailure extends Error {
  readonly code?: string;
  readonly cudaName?: string;
  readonly call?: string;
  readonly about?: string;
}

/**
 * Turns what the addon threw into a CudaError or a DisposedError. Returns anything else unchanged.
 */
export function cudaErrorOf(failure: unknown): unknown {
  const { code, cudaName, call, about, message } = failure as NativeFailure;
  if (failure instanceof CudaError || typeof code !== "string" || call === undefined)
    return failure;
  if (code === "closed") return new DisposedError("the CUDA device");
  const known = own.find((name) => name === code) ?? codes[cudaName ?? ""] ?? "driver";
  const hint = advice[known];
  const where = [cudaName, call && about ? `in ${call}, ${about}` : call && `in ${call}`]
    .filter(Boolean)
    .join(" ");
  return new CudaError(known, `${message}${where ? ` (${where})` : ""}${hint ? `: ${hint}` : ""}`, {
    ...(cudaName && { cudaName }),
    ...(call && { call }),
    ...(about && { about }),
    cause: failure,
  });
}

/** The same promise, which rejects with CudaError for failures of the addon. */
export const rethrown = <T>(promise: Promise<T>): Promise<T> =>
  promise.catch((failure: unknown) => Promise.reject(cudaErrorOf(failure)));
