import { square } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';
import { Texture } from '../shared/texture.ts';

export type HeadTissue = 'air' | 'scalp' | 'skull' | 'csf' | 'grey' | 'white';

/** Half axes of the head, mm. */
const HEAD_MM = [76, 92, 84] as const;
/** Outer radii of the shells, as parts of the head's. */
const SKULL = 0.93;
const DURA = 0.86;
const CORTEX = 0.82;

/** A head that never was: shells, a folded cortex, ventricles and grey nuclei, drawn from a seed. */
export class Head {
  readonly #folds: Texture;
  readonly #grain: Texture;
  readonly #scale: number;
  readonly #ventricle: number;

  constructor(seed: number) {
    const random = Random.of('mr-head', seed);
    this.#scale = random.around(1, 0.06);
    this.#ventricle = random.between(0.8, 1.4);
    this.#folds = new Texture(random.fork('folds'));
    this.#grain = new Texture(random.fork('grain'));
  }

  /** Tissue at a point, mm from the middle of the head. */
  at(x: number, y: number, z: number): HeadTissue {
    const [a, b, c] = HEAD_MM.map((mm) => mm * this.#scale) as [number, number, number];
    const r = Math.sqrt(square(x / a) + square(y / b) + square(z / c));
    if (r > 1) return 'air';
    if (r > SKULL) return 'scalp';
    if (r > DURA) return 'skull';
    const fold = this.#folds.at(x / 8, y / 8, z / 8);
    if (r > CORTEX - 0.035 * Math.max(0, fold)) return 'csf';
    const side = Math.abs(x);
    const isVentricle =
      square((side - 9) / (6 * this.#ventricle)) + square(y / 26) + square((z - 4) / (8 * this.#ventricle)) <
      1;
    if (isVentricle) return 'csf';
    const isNucleus =
      square((side - 24) / 7) + square((y - 4) / 14) + square((z + 2) / 9) < 1 ||
      square((side - 9) / 6) + square((y - 16) / 9) + square((z + 4) / 7) < 1;
    if (isNucleus) return 'grey';
    return r > CORTEX - 0.11 - 0.09 * fold ? 'grey' : 'white';
  }

  /** Slow variation of tissue, of unit spread. */
  grain(x: number, y: number, z: number): number {
    return this.#grain.at(x / 14, y / 14, z / 14);
  }
}
