/**
 * A model of any architecture document: one program, its inputs and outputs under the document's
 * names.
 */
import type { Plan } from "@sigil/spec";
import type { ByteTensor, Tensor } from "./program.ts";
import { Session, type InputTensor, type ProgramFactory } from "./session.ts";

/** The types that bindings narrow. */
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

  /** The model of a plan whose programs `create` loads. */
  static from(plan: Plan, create: ProgramFactory): GraphModel {
    return new GraphModel(new Session(plan, create));
  }

  /**
   * Runs the program; the first axis of an input gives its batch. Throws InputError for missing
   * inputs and other shapes.
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
