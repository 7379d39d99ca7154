import { SiglipShapes } from "./generated/index.js";
import "./page.js";

// Typed by the module's declarations, or ts-loader refuses it.
export const length: 16 = SiglipShapes.textLength;
