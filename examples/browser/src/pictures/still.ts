/** A picture that stays as it is: a file, or one behind an address. */
import { ImageError } from "@sigil/runtime";
import type { Picture } from "../classifier.ts";

export class Still implements Picture {
  readonly name: string;
  /** For an `<img>`; a file's is freed by `dispose`. */
  readonly url: string;
  readonly #fetch: () => Promise<Blob>;
  #blob: Promise<Blob> | undefined;

  private constructor(name: string, url: string, fetch: () => Promise<Blob>) {
    this.name = name;
    this.url = url;
    this.#fetch = fetch;
  }

  static fromFile(file: File): Still {
    return new Still(file.name || "pasted picture", URL.createObjectURL(file), async () => file);
  }

  static fromUrl(url: string): Still {
    const name = decodeURIComponent(url.slice(url.lastIndexOf("/") + 1))
      .replace(/\.\w+$/, "")
      .replaceAll("-", " ");
    return new Still(name, url, async () => {
      const response = await fetch(url);
      if (!response.ok)
        throw new ImageError(
          (
            `${url}: the server refused the request: ` + `${response.status} ${response.statusText}`
          ).trim(),
        );
      return response.blob();
    });
  }

  /**
   * Fetches the bytes, once, so that decoding is timed without the network. Throws ImageError or a
   * TypeError of `fetch`.
   */
  load(): Promise<Blob> {
    if (!this.#blob) {
      this.#blob = this.#fetch();
      this.#blob.catch(() => (this.#blob = undefined));
    }
    return this.#blob;
  }

  grab(): Promise<Blob> {
    return this.load();
  }

  dispose(): void {
    if (this.url.startsWith("blob:")) URL.revokeObjectURL(this.url);
  }
}
