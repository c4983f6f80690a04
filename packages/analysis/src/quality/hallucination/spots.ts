import type { Vec3 } from '@photopeak/imaging';

/** A place where the enhanced image shows what the original does not, or no longer shows what it did. */
export interface Spot {
  readonly kind: 'new' | 'lost';
  /** `blob`: like a nodule or a lesion; `line`: like a vessel, a fissure or a streak. */
  readonly form: 'blob' | 'line';
  /** Column, row and plane (from 0) in the image. */
  readonly voxel: Vec3;
  /** About the full width at half maximum of a blob, or the length of the piece of line that stands out, mm. */
  readonly sizeMm: number;
  /** About the contrast of what was added (new) or taken away (lost), in the unit of the image. */
  readonly contrast: number;
  /** The change over what noise and blurred anatomy explain at this place: the standard deviations it stands out by. */
  readonly score: number;
}

/** What at most may explain a change at a place beside its noise. */
export interface Explained {
  /**
   * Share of the local anatomy of the same size that blurring may take, for each standard deviation of the score; less
   * where the result shows more than the original, which blurring hardly ever does.
   */
  readonly anatomyShare: { readonly new: number; readonly lost: number };
}

/** Of what a band of the original shows at a place and what the change adds to it. */
export const kindOf = (was: number, added: number): Spot['kind'] =>
  Math.abs(was + added) > Math.abs(was) ? 'new' : 'lost';

/** Of two spots of one kind and form that are nearer than this many times their size the higher score stays. */
const APART = { blob: 1.5, line: 0.6 } as const;
/** Of each kind and form. */
const MOST_SPOTS = 12;

/** The highest of what may be many, each place told once, from the highest score down. */
export function distinct(spots: readonly Spot[], spacingMm: Vec3): Spot[] {
  const kept: Spot[] = [];
  for (const spot of [...spots].sort((a, b) => b.score - a.score)) {
    const alike = kept.filter(({ kind, form }) => kind === spot.kind && form === spot.form);
    const isNear = alike.some((other) => {
      const reach = APART[spot.form] * Math.max(spot.sizeMm, other.sizeMm);
      return spot.voxel.every((at, axis) => Math.abs(at - other.voxel[axis]!) * spacingMm[axis]! <= reach);
    });
    if (!isNear && alike.length < MOST_SPOTS) kept.push(spot);
  }
  return kept;
}

/** Keeps the places of the highest scores without keeping all. */
export class Highest {
  readonly #most: number;
  #places: { readonly at: number; readonly score: number }[] = [];
  #least: number;

  constructor(most: number, least: number) {
    this.#most = most;
    this.#least = least;
  }

  /** Scores at or below this are not taken. */
  get least(): number {
    return this.#least;
  }

  add(at: number, score: number): void {
    if (!(score > this.#least)) return;
    this.#places.push({ at, score });
    if (this.#places.length < 2 * this.#most) return;
    this.#places = this.sorted();
    this.#least = this.#places.at(-1)!.score;
  }

  sorted(): { readonly at: number; readonly score: number }[] {
    return this.#places.sort((a, b) => b.score - a.score || a.at - b.at).slice(0, this.#most);
  }
}
