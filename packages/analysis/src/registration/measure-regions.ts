import type { Vec3 } from '@photopeak/imaging';
import { type FusedAnatomy, findLandmarks, type Landmarks } from '../anatomy/index.ts';
import { contourOffset } from './contour.ts';
import { diaphragmOffset } from './diaphragm.ts';
import type { InsideTest } from './field-of-view.ts';
import { type Foreground, foregroundOf } from './foreground.ts';
import { heartOffset } from './heart.ts';
import { regionalOffset } from './landscape.ts';
import { leftDiaphragmOffset } from './left-diaphragm.ts';

export type RegionName =
  | 'liver dome'
  | 'left diaphragm'
  | 'body contour'
  | 'head'
  | 'heart'
  | 'chest'
  | 'abdomen'
  | 'pelvis'
  | 'body';

/** What the images say of one region of the body. */
export interface RegionMeasurement {
  readonly name: RegionName;
  readonly mm: number;
  /** Direction where it is known: of the PET against the CT, LPS mm. */
  readonly shift: Vec3;
  /** How much the estimate scatters within the region, mm. */
  readonly spreadMm: number;
  readonly method: 'edge' | 'skin' | 'metric';
}

export interface MeasuredRegions {
  readonly regions: readonly RegionMeasurement[];
  /** Regions in both fields of view whose halves disagree, or that show no edge: nothing is said of them. */
  readonly unjudged: readonly RegionName[];
}

/** What has to be seen above and below the diaphragm for a judgement. */
const AROUND_DOME_MM = 60;
interface Slab {
  readonly name: RegionName;
  readonly low: number;
  readonly high: number;
}

function regionsOfBody(marks: Landmarks): Slab[] {
  const regions: Slab[] = [];
  const add = (name: RegionName, low: number, high: number, smallest: number) => {
    const from = Math.max(low, marks.bottomZ);
    const to = Math.min(high, marks.topZ);
    if (to - from >= smallest) regions.push({ name, low: from, high: to });
  };
  if (marks.lungs === undefined) {
    add('body', marks.bottomZ, marks.topZ, 60);
    return regions;
  }
  const { apexZ, domeZ } = marks.lungs;
  add('head', apexZ + 50, Number.POSITIVE_INFINITY, 60);
  add('chest', domeZ, apexZ + 20, 100);
  add('abdomen', domeZ - 220, domeZ, 80);
  add('pelvis', Number.NEGATIVE_INFINITY, domeZ - 240, 80);
  return regions;
}

/** Measures every region that both images show. */
export async function measureRegions(fused: FusedAnatomy, isInside: InsideTest): Promise<MeasuredRegions> {
  const marks = findLandmarks(fused);
  const found: RegionMeasurement[] = [];
  const expected: RegionName[] = [];
  const dome = marks.lungs === undefined ? undefined : await diaphragmOffset(fused);
  if (dome !== undefined)
    found.push({
      name: 'liver dome',
      mm: Math.abs(dome.offsetMm),
      shift: [0, 0, dome.offsetMm],
      spreadMm: dome.spreadMm,
      method: 'edge',
    });
  const body = foregroundOf(fused.hu);
  if (marks.lungs !== undefined) {
    const { domeZ } = marks.lungs;
    if (liesInside(fused, body, domeZ - AROUND_DOME_MM, domeZ + AROUND_DOME_MM, isInside))
      expected.push('liver dome', 'left diaphragm', 'heart');
  }
  const left = leftDiaphragmOffset(fused, body, marks, isInside);
  if (left !== undefined)
    found.push({
      name: 'left diaphragm',
      mm: Math.abs(left.offsetMm),
      shift: [0, 0, left.offsetMm],
      spreadMm: left.spreadMm,
      method: 'metric',
    });
  const skin = contourOffset(fused);
  if (skin !== undefined)
    found.push({
      name: 'body contour',
      mm: Math.hypot(skin.leftMm, skin.backMm),
      shift: [skin.leftMm, skin.backMm, 0],
      spreadMm: skin.spreadMm,
      method: 'skin',
    });
  const heart = await heartOffset(fused, body, marks, isInside);
  if (heart !== undefined)
    found.push({
      name: 'heart',
      mm: Math.hypot(...heart.shift),
      shift: heart.shift,
      spreadMm: heart.spreadMm,
      method: 'metric',
    });
  for (const { name, low, high } of regionsOfBody(marks)) {
    if (liesInside(fused, body, low, high, isInside)) expected.push(name);
    const offset = regionalOffset(fused, body, low, high, isInside);
    if (offset === undefined) continue;
    found.push({
      name,
      mm: offset.mm,
      shift: [-offset.shift[0], -offset.shift[1], -offset.shift[2]],
      spreadMm: offset.spreadMm,
      method: 'metric',
    });
  }
  const judged = new Set(found.map(({ name }) => name));
  return {
    regions: found,
    unjudged: expected.filter((name) => !judged.has(name)),
  };
}

/** Whether most of a slab of the body is seen by both. */
function liesInside(
  fused: FusedAnatomy,
  body: Foreground,
  lowZ: number,
  highZ: number,
  isInside: InsideTest,
): boolean {
  const { labels } = fused;
  const [nx, ny, nz] = labels.size;
  let all = 0;
  let inside = 0;
  for (let k = 0; k < nz; k += 2) {
    const z = labels.origin[2] + k * labels.spacingMm[2];
    if (z < Math.max(lowZ, body.low[2]) || z > Math.min(highZ, body.high[2])) continue;
    for (let j = 0; j < ny; j += 3)
      for (let i = 0; i < nx; i += 3) {
        if (labels.data[i + nx * (j + ny * k)] === 0) continue;
        all++;
        if (
          isInside(labels.origin[0] + i * labels.spacingMm[0], labels.origin[1] + j * labels.spacingMm[1], z)
        )
          inside++;
      }
  }
  return all > 0 && inside / all > 0.6;
}
