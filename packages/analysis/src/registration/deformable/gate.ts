import { type HeldOutComparison, identity, type Mask, type Volume } from '@photopeak/imaging';
import type { Foreground } from '../foreground.ts';
import { binMap, binOf } from '../intensity.ts';
import { scatter } from '../samples.ts';
import { similarity } from '../similarity.ts';

/** Edge of the blocks that are held out, in voxels of the working grid. */
const BLOCK = 8;
/** One block of so many is held out. */
const EVERY = 4;

/** Splits the weights into voxels to optimise on and whole blocks to judge at. */
export function holdOut(weight: Mask): { readonly used: Mask; readonly heldOut: Mask } {
  const [nx, ny, nz] = weight.size;
  const used = new Uint8Array(weight.data.length);
  const heldOut = new Uint8Array(weight.data.length);
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        const place = Math.floor(i / BLOCK) + 2 * Math.floor(j / BLOCK) + Math.floor(k / BLOCK);
        (place % EVERY === 0 ? heldOut : used)[at] = weight.data[at]!;
      }
  return { used: { ...weight, data: used }, heldOut: { ...weight, data: heldOut } };
}

/** Planes of nodes that are asked together: about as thick as a block. */
const PLANES_OF_A_SLAB = 2;

export interface HeldOutGain {
  /** By how much the mean squared difference of the descriptors falls at held-out blocks, as a share. */
  readonly share: number;
  /**
   * Sum of the gains of thin slabs of the body over the root of the sum of their squares: 1 where one slab gains and
   * nothing else changes, √n where n slabs gain alike, about normal with standard deviation 1 where nothing is gained.
   * Slabs in which nothing moves count nothing, so that a local motion is not diluted by the rest of the body.
   */
  readonly confidence: number;
}

export function heldOutGain({ without, with: after }: HeldOutComparison): HeldOutGain {
  const planes = without.squares.length;
  let before = 0;
  let gained = 0;
  let squares = 0;
  for (let from = 0; from < planes; from += PLANES_OF_A_SLAB) {
    const sum = (values: readonly number[]) =>
      values.slice(from, from + PLANES_OF_A_SLAB).reduce((total, v) => total + v, 0);
    const weights = [sum(without.weights), sum(after.weights)] as const;
    if (weights[0] === 0 || weights[1] === 0) continue;
    const old = sum(without.squares) / weights[0];
    const gain = weights[0] * (old - sum(after.squares) / weights[1]);
    before += weights[0] * old;
    gained += gain;
    squares += gain * gain;
  }
  if (before === 0 || squares === 0) return { share: 0, confidence: 0 };
  return { share: gained / before, confidence: gained / Math.sqrt(squares) };
}

const SAMPLES = 30_000;
/** Points other than those on which a linear registration was found. */
const SEED = 7;

/** Normalised mutual information of two working images in and around the body, at scattered points. */
export function bodySimilarity(fixed: Volume, moving: Volume, body: Foreground, isUsed: Mask): number {
  const points = scatter(fixed, body, SAMPLES, SEED, insideOf(isUsed));
  const map = binMap(points.value);
  const fixedBin = points.value.map((value) => binOf(map, value));
  const movingMap = binMap(scatter(moving, body, SAMPLES, SEED).value);
  return similarity({ count: points.count, position: points.position, fixedBin }, moving, movingMap).evaluate(
    identity,
  );
}

function insideOf(mask: Mask): (x: number, y: number, z: number) => boolean {
  const [nx, ny, nz] = mask.size;
  const d = mask.direction;
  const [ox, oy, oz] = mask.origin;
  return (x, y, z) => {
    const p = [x - ox, y - oy, z - oz] as const;
    const at = [0, 1, 2].map((axis) =>
      Math.round((d[axis]! * p[0] + d[3 + axis]! * p[1] + d[6 + axis]! * p[2]) / mask.spacingMm[axis]!),
    ) as [number, number, number];
    if (at[0] < 0 || at[1] < 0 || at[2] < 0 || at[0] >= nx || at[1] >= ny || at[2] >= nz) return false;
    return mask.data[at[0] + nx * (at[1] + ny * at[2])] !== 0;
  };
}
