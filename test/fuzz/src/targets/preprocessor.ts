/** `preprocessor_config.json`, and pictures through what it asks for. */
import { SiglipImageProcessor, SiglipImageProcessorFast } from "@sigil/runtime";
import { readJson } from "../fixtures.ts";
import { WrongSuccess } from "../judge.ts";
import { jsonTarget } from "./json-target.ts";

export const preprocessor = jsonTarget({
  name: "preprocessor",
  about: "preprocessor_config.json through SiglipImageProcessor, with a small picture",
  goal: 1e6,
  open: async () => {
    const picture = {
      data: Uint8Array.from({ length: 5 * 7 * 3 }, (_, i) => i),
      width: 5,
      height: 7,
      channels: 3,
      mode: "RGB",
    } as const;
    return {
      seeds: [
        readJson("test/fixtures/checkpoints/siglip-shapes/preprocessor_config.json"),
        {
          do_resize: true,
          size: { height: 6, width: 4 },
          resample: 3,
          do_center_crop: false,
          crop_size: { height: 4, width: 4 },
          do_rescale: true,
          rescale_factor: 0.00392156862745098,
          do_normalize: true,
          image_mean: [0.5, 0.5, 0.5],
          image_std: [0.5, 0.5, 0.5],
          do_convert_rgb: null,
          do_pad: false,
          data_format: "channels_first",
          image_processor_type: "SiglipImageProcessor",
          processor_class: "SiglipProcessor",
        },
        {
          size: { shortest_edge: 5, longest_edge: 9 },
          resample: 1,
          do_center_crop: true,
          crop_size: 6,
          do_pad: true,
          pad_size: [7, 8],
          default_to_square: false,
        },
        { image_processor: { size: { max_height: 6, max_width: 4 }, resample: 0, do_pad: true } },
      ],
      use(text) {
        let config: Record<string, unknown>;
        try {
          config = JSON.parse(text) as Record<string, unknown>;
        } catch {
          return;
        }
        for (const Processor of [SiglipImageProcessorFast, SiglipImageProcessor]) {
          const processor = Processor.fromConfig(config, { onWarning: () => {} });
          const { pixelValues, shape } = processor.preprocess([picture]);
          if (pixelValues.length !== shape.reduce((a, b) => a * b, 1))
            throw new WrongSuccess(`${pixelValues.length} values of shape ${shape}`);
          for (const value of pixelValues)
            if (!Number.isFinite(value)) throw new WrongSuccess("a pixel that is not finite");
        }
      },
    };
  },
});
