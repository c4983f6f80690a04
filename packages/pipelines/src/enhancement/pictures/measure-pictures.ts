import type { Measured } from '../measure-change.ts';

/** Sums over the tissue of all pictures of a series. */
export class PictureMeasures {
  #count = 0;
  #before = 0;
  #after = 0;
  #squares = 0;
  #largest = 0;

  add(before: ArrayLike<number>, after: ArrayLike<number>, mask: Uint8Array): void {
    for (let n = 0; n < mask.length; n++) {
      if (mask[n] === 0) continue;
      const difference = after[n]! - before[n]!;
      this.#count++;
      this.#before += before[n]!;
      this.#after += after[n]!;
      this.#squares += difference * difference;
      this.#largest = Math.max(this.#largest, Math.abs(difference));
    }
  }

  get measured(): Measured[] {
    const count = Math.max(1, this.#count);
    const [before, after] = [this.#before / count, this.#after / count];
    const mean = after - before;
    const sd = Math.sqrt(Math.max(0, this.#squares / count - mean * mean));
    const difference = (name: Measured['name'], value: number): Measured => ({
      name,
      unit: '1',
      before: null,
      after: Number(value.toPrecision(DIGITS)),
    });
    return [
      {
        name: 'mean',
        unit: '1',
        before: Number(before.toPrecision(DIGITS)),
        after: Number(after.toPrecision(DIGITS)),
      },
      difference('difference-mean', mean),
      difference('difference-sd', sd),
      difference('difference-largest', this.#largest),
    ];
  }
}

const DIGITS = 6;
