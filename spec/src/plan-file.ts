/** The file of a target's plan, in the folder of a module. */
export const planFile = (target: string): string =>
  target === "cpu" ? "plan.json" : `${target}.plan.json`;
