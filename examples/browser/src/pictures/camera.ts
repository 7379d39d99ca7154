/**
 * Frames of a camera, each read when it is classified: a slow model skips frames and never falls
 * behind.
 */
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
  #stopped = false;

  private constructor(element: HTMLVideoElement, stream: MediaStream) {
    this.#element = element;
    this.#stream = stream;
  }

  /**
   * Shows the camera in `element`. Throws what `getUserMedia` throws, a NotSupportedError where
   * there is none.
   */
  static async start(
    element: HTMLVideoElement,
    { onFrame, onEnd }: CameraOptions,
  ): Promise<Camera> {
    if (!navigator.mediaDevices)
      throw new DOMException("no camera over an insecure connection", "NotSupportedError");
    const stream = await navigator.mediaDevices.getUserMedia({ video });
    const [track] = stream.getVideoTracks();
    if (!track) throw new DOMException("the camera sends no video", "NotFoundError");
    const camera = new Camera(element, stream);
    track.addEventListener("ended", () => !camera.#stopped && onEnd());
    element.classList.toggle("mirrored", track.getSettings().facingMode !== "environment");
    element.srcObject = stream;
    try {
      await element.play();
    } catch (error) {
      camera.stop();
      throw error;
    }
    const next = (): void => {
      if (camera.#stopped) return;
      // The frame on show when it is wanted, as the camera gave it: only the page's view is
      // mirrored.
      onFrame({ grab: () => createImageBitmap(element) });
      element.requestVideoFrameCallback(next);
    };
    element.requestVideoFrameCallback(next);
    return camera;
  }

  stop(): void {
    this.#stopped = true;
    for (const track of this.#stream.getTracks()) track.stop();
    this.#element.srcObject = null;
  }
}
