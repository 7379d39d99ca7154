/** The card as nvidia-smi sees it. */
import { execFileSync } from "node:child_process";

/** Fields of --query-gpu, separated by commas. */
export function smi(query) {
  try {
    return execFileSync("nvidia-smi", [`--query-gpu=${query}`, "--format=csv,noheader"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch (error) {
    return `not known (${error.code ?? "nvidia-smi failed"})`;
  }
}

export const state = () => smi("name,clocks.sm,power.draw,temperature.gpu,driver_version");

/** A card's name in a file's. */
export const fileName = (card) => card.replace(/[^\w]+/g, "-");
