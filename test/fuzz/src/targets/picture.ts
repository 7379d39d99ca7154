/** Picture files, decoded and preprocessed. */
import { SiglipImageProcessor } from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { filesOf, readBytes } from "../fixtures.ts";
import { mutateBytes } from "../mutate-bytes.ts";
import type { Target } from "../target.ts";

export const picture: Target = {
  name: "picture",
  about: "picture files through decodeImage and preprocess",
  goal: 1e5,
  open: async () => {
    const seeds = [
      ...filesOf("test/fixtures/images/source"),
      ...filesOf("test/fixtures/pictures/source"),
    ]
      .map(readBytes)
      .filter(({ length }) => length < 50_000);
    const processor = new SiglipImageProcessor({ size: { height: 16, width: 16 } });
    return {
      draw: (random) => mutateBytes(random, random.pick(seeds), seeds),
      async run(input) {
        processor.preprocess([await decodeImage(input)]);
      },
    };
  },
};
