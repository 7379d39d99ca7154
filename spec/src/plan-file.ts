/** The name of the file with the plan of a target, in the folder of a module. */
export const planFile = (target: string): string =>
  target === "cpu" ? "plan.json" : `${target}.plan.json`;
