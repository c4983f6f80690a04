import type { NullSpaceMap, Spot } from '@photopeak/analysis';
import type { Vec3, Volume } from '@photopeak/imaging';
import {
  createPicture,
  drawText,
  encodePng,
  type Picture,
  place,
  type Rgb,
  setPixel,
} from '../../captures/index.ts';

const PANEL = 384;
const GROUND: Rgb = [12, 14, 18];
const TEXT: Rgb = [235, 235, 235];
const MARK: Rgb = [255, 196, 0];
const GREY: Rgb = [110, 110, 110];
/** Shown, of other modalities than CT, from the values below which this part of the plane lies to those above which the same part does. */
const SHOWN = 0.005;
/** Of the difference: so many standard deviations to either side. */
const DIFFERENCE_SIGMAS = 5;
const MOST_ENLARGED = 4;
const NULL_SPACE_RING_MM = 8;
/** Of CT. */
const SOFT_TISSUE_HU = [-160, 240] as const;

interface Shown {
  readonly original: Volume;
  readonly result: Volume;
  /** Of finer planes what the slices cannot tell, and the place where it stands out most. */
  readonly nullSpace?: Pick<NullSpaceMap, 'map' | 'voxel'>;
}

/**
 * Original, enhanced and difference in the plane of a spot (or the middle plane), the spot marked; of finer planes also the
 * map of what the slices cannot tell in the slice where it stands out most. PNG.
 */
export function qualityPicture({ original, result, nullSpace }: Shown, spot: Spot | undefined): Uint8Array {
  const [nx, ny, nz] = original.size;
  const voxel: Vec3 = spot?.voxel ?? [nx >> 1, ny >> 1, nz >> 1];
  const before = planeOf(original, voxel[2]);
  const after = planeOf(result, voxel[2]);
  const change = before.map((value, at) => after[at]! - value);
  const window = original.unit === "[hnsf'U]" ? SOFT_TISSUE_HU : windowOf(before);
  const reach = DIFFERENCE_SIGMAS * spread(change);
  const panels = [
    panel(original, before, window, 'Original'),
    panel(original, after, window, 'Enhanced'),
    panel(original, change, [-reach, reach], 'Difference', { tellsRange: true }),
  ];
  if (spot !== undefined) for (const one of panels) mark(one, original, spot);
  if (nullSpace !== undefined) panels.push(nullSpacePanel(nullSpace));
  const whole = createPicture(panels.length * PANEL, PANEL, GROUND);
  panels.forEach((one, n) => {
    place(whole, one, n * PANEL, 0);
  });
  return encodePng(whole);
}

function nullSpacePanel({ map, voxel }: NonNullable<Shown['nullSpace']>): Picture {
  const values = planeOf(map, voxel[2]);
  const one = panel(map, values, [0, windowOf(values)[1]], `Not told by slice ${voxel[2] + 1}`, {
    tellsRange: true,
  });
  mark(one, map, { voxel, sizeMm: NULL_SPACE_RING_MM, form: 'blob' });
  return one;
}

function planeOf({ data, size }: Volume, k: number): Float32Array {
  const area = size[0] * size[1];
  return Float32Array.from(data.subarray(k * area, (k + 1) * area));
}

function windowOf(values: Float32Array): readonly [number, number] {
  const sorted = Float32Array.from(values).sort();
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))]!;
  return [at(SHOWN), at(1 - SHOWN)];
}

function spread(values: Float32Array): number {
  const sorted = values.map(Math.abs).sort();
  // Of the upper half: where most of a plane is air, the median says nothing of the tissue.
  return Math.max(sorted[Math.floor(0.84 * (sorted.length - 1))]!, Number.MIN_VALUE);
}

/** How voxels come into the panel: the whole plane, not distorted. */
function scaleOf({ size, spacingMm }: Volume): {
  readonly mm: number;
  readonly left: number;
  readonly top: number;
} {
  const [width, height] = [size[0] * spacingMm[0], size[1] * spacingMm[1]];
  const mm = Math.max(Math.max(width, height) / PANEL, Math.min(spacingMm[0], spacingMm[1]) / MOST_ENLARGED);
  return { mm, left: (PANEL - width / mm) / 2, top: (PANEL - height / mm) / 2 };
}

function panel(
  volume: Volume,
  values: Float32Array,
  [low, high]: readonly [number, number],
  title: string,
  { tellsRange } = { tellsRange: false },
): Picture {
  const picture = createPicture(PANEL, PANEL, GROUND);
  const { mm, left, top } = scaleOf(volume);
  const [nx, ny] = volume.size;
  for (let y = 0; y < PANEL; y++)
    for (let x = 0; x < PANEL; x++) {
      const i = Math.floor(((x - left) * mm) / volume.spacingMm[0]);
      const j = Math.floor(((y - top) * mm) / volume.spacingMm[1]);
      if (i < 0 || j < 0 || i >= nx || j >= ny) continue;
      const part = (values[i + nx * j]! - low) / (high - low || 1);
      const level = Math.round(255 * Math.min(1, Math.max(0, part)));
      setPixel(picture, x, y, [level, level, level]);
    }
  drawText(picture, title, 8, 8, TEXT);
  if (tellsRange)
    drawText(picture, `${low.toPrecision(2)} ... ${high.toPrecision(2)}`, 8, PANEL - 20, GREY, 1);
  return picture;
}

/** A ring around the place, wide enough not to cover it. */
function mark(
  picture: Picture,
  volume: Volume,
  { voxel, sizeMm, form }: Pick<Spot, 'voxel' | 'sizeMm' | 'form'>,
): void {
  const { mm, left, top } = scaleOf(volume);
  const x = left + ((voxel[0] + 0.5) * volume.spacingMm[0]) / mm;
  const y = top + ((voxel[1] + 0.5) * volume.spacingMm[1]) / mm;
  const radius = Math.max(10, ((form === 'blob' ? 1.5 : 0.6) * sizeMm) / mm);
  for (let turn = 0; turn < 720; turn++) {
    const angle = (Math.PI * turn) / 360;
    for (const r of [radius, radius + 1])
      setPixel(picture, Math.round(x + r * Math.cos(angle)), Math.round(y + r * Math.sin(angle)), MARK);
  }
}
