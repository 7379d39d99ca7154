/** The other side: transformers on PyTorch in a process of its own, commanded a line at a time. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";

/** Strongest last; each is timed, and the headline ratio is against the fastest. */
export const variants = ["eager", "cudnn", "compile", "max-autotune", "tuned"];

export class PyTorch {
  #child;
  #waiting = [];

  constructor(python = process.env.PYTHON ?? "python3") {
    this.#child = spawn(python, [join(import.meta.dirname, "pytorch.py")], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    let said = "";
    this.#child.stderr.on("data", (text) => (said = `${said}${text}`.slice(-2000)));
    createInterface({ input: this.#child.stdout }).on("line", (line) =>
      this.#waiting.shift()?.(JSON.parse(line)),
    );
    const ended = (why) => {
      for (const answer of this.#waiting.splice(0)) answer({ error: why });
    };
    this.#child.on("error", (error) => ended(error.message));
    this.#child.on("exit", (code) =>
      ended(`python ended with ${code}: ${said.trim().split("\n").at(-1)}`),
    );
    this.#child.stdin.on("error", () => {});
  }

  /** Refuses everything: a benchmark of Sigil alone. */
  static none() {
    return { ask: async () => ({ error: "not asked for" }), close: () => {} };
  }

  /** Resolves to the answer, `{ error }` for a refusal. */
  ask(command) {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      return Promise.resolve({ error: "python has ended" });
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    });
  }

  close() {
    this.#child.kill();
  }
}
