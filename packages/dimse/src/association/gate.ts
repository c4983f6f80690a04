/** Lets at most `width` callers in at the same time, in the order in which they came. */
export class Gate {
  readonly #width: number;
  #inside = 0;
  #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  get isFull(): boolean {
    return this.#inside >= this.#width;
  }

  async enter(): Promise<void> {
    if (this.isFull) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside += 1;
  }

  /** Whoever waits longest takes the place. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside -= 1;
    else next();
  }
}
