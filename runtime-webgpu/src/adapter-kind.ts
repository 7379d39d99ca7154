/** Decides which of the tuned sets of kernels an adapter gets. */
import type { AdapterKind } from "@sigil/spec/shared";

export type { AdapterKind };

/** The kind of an adapter, by its description. Desktop if that is unknown. */
export function adapterKind(
  {
    vendor,
    architecture,
    description,
    device,
  }: Readonly<Record<"vendor" | "architecture" | "description" | "device", string>>,
  fallback = false,
): AdapterKind {
  const text = `${vendor} ${architecture} ${device} ${description}`.toLowerCase();
  if (fallback || /swiftshader|llvmpipe|lavapipe|basic render|warp|software/.test(text))
    return "software";
  if (/qualcomm|adreno|\barm\b|mali|imagination|powervr|samsung|xclipse/.test(text))
    return "mobile";
  // Apple's are integrated in name only: register files and bandwidth are those of desktop cards.
  return /intel/.test(text) && !/xe-hp|arc|battlemage|alchemist/.test(text)
    ? "integrated"
    : "desktop";
}
