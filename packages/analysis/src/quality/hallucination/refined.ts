import { emptyVolume, gridOf, type Volume } from '@photopeak/imaging';
import {
  relativeThickness,
  SliceModel,
  type SliceProfile,
} from '../../enhancement/super-resolution/index.ts';
import { judgeNullSpace, type NullSpaceMap } from './null-space.ts';

export interface RefinedOptions {
  readonly profile: SliceProfile;
  /** Full width (at half maximum) of a slice, mm; default the distance of slices. */
  readonly sliceThicknessMm?: number;
  /** Standard deviation of the noise of the slices, above 0, in the unit of the image. */
  readonly noise: number;
  /** Only where the slices are above. */
  readonly above: number;
}

/** What finer planes show beside what the slices say. */
export interface RefinedCheck {
  /** The planes as thick slices show them, on the grid of the slices: what the data can be held against. */
  readonly seen: Volume<Float32Array>;
  /** Mean square of what `seen` differs from the slices by, over that of their noise (χ² over degrees of freedom). */
  readonly consistency: number;
  /** Of the detail beside a straight line from slice to slice the part that no slice can tell. */
  readonly nullSpace: NullSpaceMap;
}

/** A surface along the slices may look alike in two of them, and is told by the ones beyond. */
const NEIGHBOURS = [-2, -1, 1, 2] as const;

/**
 * Finer planes against the slices that they were made of: what both have in common is compared, what only the planes
 * have is mapped. With A the slice model the part of a result y that the data do not determine is y − A⁺A·y (Bhadra et
 * al., IEEE Trans. Med. Imaging 2021). Undefined where the planes are no whole number to a slice, or other pixels.
 * Memory: the slices five times more as 4-byte numbers.
 */
export async function checkRefined(
  slices: Volume,
  planes: Volume,
  { profile, sliceThicknessMm, noise, above }: RefinedOptions,
): Promise<RefinedCheck | undefined> {
  const [nx, ny, nz] = slices.size;
  const factor = planes.size[2] / nz;
  if (!isFinerGridOf(slices, planes, factor)) return undefined;
  const model = new SliceModel(nz, factor, profile, relativeThickness(slices, { sliceThicknessMm }));
  const seen = emptyVolume({ ...gridOf(slices) }, 'float32', slices.unit);
  const hidden = emptyVolume({ ...gridOf(slices) }, 'float32', slices.unit);
  const differences = emptyVolume({ ...gridOf(slices) }, 'float32', slices.unit);
  const area = nx * ny;
  const [line, common] = [new Float32Array(nz), new Float32Array(nz)];
  const [detail, told] = [new Float32Array(nz * factor), new Float32Array(nz * factor)];
  const scratch = new Float64Array(nz);
  let [squares, count, untold, all] = [0, 0, 0, 0];
  for (let at = 0; at < area; at++) {
    model.degrade(planes.data, at, area, line);
    // Beside the straight line from slice to slice: the nearest to nothing that gives level slices is not level itself.
    for (let n = 0; n < detail.length; n++)
      detail[n] = planes.data[at + area * n]! - between(line, (n + 0.5) / factor - 0.5);
    model.degrade(detail, 0, 1, common);
    told.fill(0);
    model.makeConsistent(told, 0, 1, common, 0, 1, scratch);
    for (let k = 0; k < nz; k++) {
      const here = at + area * k;
      seen.data[here] = line[k]!;
      const value = slices.data[here]!;
      let [energy, total] = [0, 0];
      for (let n = k * factor; n < (k + 1) * factor; n++) {
        energy += (detail[n]! - told[n]!) ** 2;
        total += detail[n]! ** 2;
      }
      hidden.data[here] = energy / factor;
      for (const away of NEIGHBOURS) {
        const other = slices.data[at + area * Math.min(nz - 1, Math.max(0, k + away))]!;
        differences.data[here]! += 0.5 * (value - other) ** 2;
      }
      if (!(value > above)) continue;
      squares += (line[k]! - value) ** 2;
      count++;
      untold += energy;
      all += total;
    }
  }
  const share = all > 0 ? untold / all : 0;
  return {
    seen,
    consistency: squares / Math.max(1, count) / (noise * noise),
    nullSpace: await judgeNullSpace(slices, hidden, differences, share, { noise, above }),
  };
}

/** Linear between slices, constant beyond the outermost. */
function between(line: Float32Array, at: number): number {
  const held = Math.min(line.length - 1, Math.max(0, at));
  const low = Math.min(line.length - 2, Math.floor(held));
  return low < 0 ? line[0]! : line[low]! + (held - low) * (line[low + 1]! - line[low]!);
}

function isFinerGridOf(slices: Volume, planes: Volume, factor: number): boolean {
  if (!Number.isInteger(factor) || factor < 2) return false;
  const close = (a: number, b: number) => Math.abs(a - b) <= 1e-3 * Math.abs(b);
  return (
    planes.size[0] === slices.size[0] &&
    planes.size[1] === slices.size[1] &&
    close(planes.spacingMm[0], slices.spacingMm[0]) &&
    close(planes.spacingMm[1], slices.spacingMm[1]) &&
    close(planes.spacingMm[2] * factor, slices.spacingMm[2])
  );
}
