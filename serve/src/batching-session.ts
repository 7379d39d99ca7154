import { Session } from "@sigil/runtime";
import { BatchingProgram, type BatchingOptions } from "./batching-program.ts";

export interface BatchingSession {
  readonly session: Session;
  /** Rows that wait for any of the programs. */
  readonly waitingRows: () => number;
}

/** A session that runs the requests of many clients together. It does not dispose of `session`. */
export function batchingSession(session: Session, options: BatchingOptions): BatchingSession {
  const programs: BatchingProgram[] = [];
  const batching = new Session(
    session.plan,
    async (planned) => {
      const loaded = await session.load(planned);
      const borrowed = { run: loaded.run.bind(loaded), dispose: () => {} };
      const program = new BatchingProgram(borrowed, planned, options);
      programs.push(program);
      return program;
    },
    {
      backend: session.backend,
      weights: { readFloat32: (name) => session.tensor(name) },
    },
  );
  return {
    session: batching,
    waitingRows: () => programs.reduce((sum, { waitingRows }) => sum + waitingRows, 0),
  };
}
