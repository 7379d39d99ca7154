import { SiglipModel, SiglipTokenizer } from "@sigil/runtime";
import { SiglipShapes } from "./generated/index.js";

it("imports where there is a document and little else", () => {
  expect(typeof document).toBe("object");
  expect(SiglipShapes.prototype).toBeInstanceOf(SiglipModel);
  expect(typeof SiglipTokenizer.fromSpiece).toBe("function");
});
