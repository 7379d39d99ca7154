/**
 * Whether a config.json only stands for a model of open_clip, whose own config lies beside it, as
 * Marqo's do: it names one, or code of its own.
 */
export const standsForOpenClip = (config: unknown): boolean => {
  const { open_clip_model_name: name, auto_map: code } = Object(config) as Record<string, unknown>;
  return name != null || code != null;
};
