/** Frames of a camera, each read when it is classified: a slow model skips frames and never falls behind. */
import type { RawImage } from "@sigil/runtime";
import type { Picture } from "../classifier.ts";

export interface CameraOptions {
  /** There is a new frame. */
  readonly onFrame: (frame: Picture) => void;
  /** The camera was unplugged, or its permission taken back. */
  readonly onEnd: () => void;
}

/** Wide enough for every model of the family; more would only be thrown away. */
const video = { facingMode: "environment", width: { ideal: 640 }, height: { ideal: 480 } } as const;

export class Camera {
  readonly #element: HTMLVideoElement;
  readonly #stream: MediaStream;
  readonly #context: OffscreenCanvasRenderingContext2D;
  #stopped = false;

  private constructor(element: HTMLVideoElement, stream: MediaStream) {
    this.#element = element;
    this.#stream = stream;
    this.#context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
  }

  /** Shows the camera in `element`. Throws what `getUserMedia` throws, a NotSupportedError where there is none. */
  static async start(element: HTMLVideoElement, { onFrame, onEnd }: CameraOptions): Promise<Camera> {
    if (!navigator.mediaDevices) throw new DOMException("no camera over an insecure connection", "NotSupportedError");
    const stream = await navigator.mediaDevices.getUserMedia({ video });
    const camera = new Camera(element, stream);
    const [track] = stream.getVideoTracks();
    track!.addEventListener("ended", () => !camera.#stopped && onEnd());
    element.classList.toggle("mirrored", track!.getSettings().facingMode !== "environment");
    element.srcObject = stream;
    try {
      await element.play();
    } catch (error) {
      camera.stop();
      throw error;
    }
    const next = (): void => {
      if (camera.#stopped) return;
      onFrame({ decode: async () => camera.#read() });
      element.requestVideoFrameCallback(next);
    };
    element.requestVideoFrameCallback(next);
    return camera;
  }

  /** The frame on show, as the camera gave it: only the page's view is mirrored. */
  #read(): RawImage {
    const { videoWidth: width, videoHeight: height } = this.#element;
    const { canvas } = this.#context;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    this.#context.drawImage(this.#element, 0, 0);
    return { data: this.#context.getImageData(0, 0, width, height).data, width, height, channels: 4, mode: "RGBA" };
  }

  stop(): void {
    this.#stopped = true;
    for (const track of this.#stream.getTracks()) track.stop();
    this.#element.srcObject = null;
  }
}
