/** One line on standard error that changes while work goes on; nothing where that is no terminal. */
export class Progress {
  readonly #isShown = process.stderr.isTTY === true;
  #length = 0;

  show(text: string): void {
    if (!this.#isShown) return;
    process.stderr.write(`\r${text.padEnd(this.#length)}`);
    this.#length = text.length;
  }

  /** Clears the line for what is printed next. */
  clear(): void {
    if (!this.#isShown || this.#length === 0) return;
    process.stderr.write(`\r${' '.repeat(this.#length)}\r`);
    this.#length = 0;
  }
}
