/**
 * A model compiled from a graph document. It has one program, whose inputs and outputs have the
 * names that the document gives them.
 */
import type { Plan } from "@sigil/spec";
import type { ByteTensor, Tensor } from "./program.ts";
import type { InputTensor } from "./copy-inputs.ts";
import { Session, type ProgramFactory } from "./session.ts";

/** The types that generated bindings narrow. */
export interface GraphTypes {
  readonly inputs: Readonly<Record<string, InputTensor | ByteTensor | undefined>>;
  readonly output: object;
}

export class GraphModel<
  T extends GraphTypes = {
    inputs: Readonly<Record<string, InputTensor>>;
    output: Readonly<Record<string, Tensor>>;
  },
> {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** Makes the model of a plan. `create` loads its programs. */
  static from(plan: Plan, create: ProgramFactory): GraphModel {
    return new GraphModel(new Session(plan, create));
  }

  /**
   * Runs the program. The first axis of an input is the batch. Throws InputError for missing inputs
   * and for wrong shapes.
   */
  async forward(inputs: T["inputs"]): Promise<T["output"]> {
    const program = this.session.plan.programs[0]!;
    const symbols: Record<string, number> = {};
    for (const input of program.inputs)
      input.shape.forEach((extent, axis) => {
        const size = inputs[input.name]?.shape[axis];
        if (typeof extent !== "number" && size !== undefined)
          symbols[extent.symbols[0]!] = size / extent.factor;
      });
    return this.session.run(program, inputs, symbols);
  }

  /** Frees memory and threads. */
  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
