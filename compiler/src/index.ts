/** A spec to the files of a typed module. What stands here keeps to semantic versions. */
export { compile, cpuArtifact, type CompiledModel, type CompiledProgram } from "./compile.ts";
export { artifactFiles } from "./artifact/artifact-files.ts";
export { removeFormerModules } from "./artifact/former-modules.ts";
export { stages } from "./artifact/stages.ts";
export { writeFiles } from "./artifact/write-files.ts";
export { readArchitecture } from "./frontend.ts";
export { ArchitectureError } from "./architecture/architecture-error.ts";
