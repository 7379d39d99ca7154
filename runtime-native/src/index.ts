/** Runs compiled programs on the widest instructions of this machine's CPU, from Node. */
export { chooseInstructionSet, loadAddon, type Addon } from "./addon.ts";
export { NativeError, type NativeErrorCode } from "./native-error.ts";
export {
  createNativeProgram,
  type LaunchTime,
  type LoadedNativeProgram,
  type NativeOptions,
} from "./program.ts";
export {
  openNativeHere,
  openNativeSession,
  type NativeArtifact,
  type NativeSessionOptions,
} from "./session.ts";
