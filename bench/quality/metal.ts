/**
 * What quality control says of good and of faulty results of `metal-streaks` or `network-metal`: slices of hips with implants, streaks taken out,
 * then blobs added that are not there, at places of soft tissue away from metal.
 *
 *   node bench/quality/metal.ts [SEED] [CASES] [EDGE] [METHOD] [hip, spine or dental]
 *
 * Seeds 320 to 327 were used for tuning.
 */
import {
  changedBeyondTrace,
  defaultQualityLimits,
  findStructures,
  judgedTissue,
  structureFigures,
} from '@photopeak/analysis';
import type { Vec3, Volume } from '@photopeak/imaging';
import { builtInMethod } from '@photopeak/pipelines';
import { enhancedBy } from '../enhancement/support.ts';
import { type MetalBody, metalCase } from '../reconstruction/metal-case.ts';
import { drawing, share } from './cases.ts';
import { addTo, distanceMm, shapeOf } from './plant.ts';

const [seed = 360, cases = 8, edge = 256] = process.argv.slice(2, 5).map(Number);
const method = builtInMethod(process.argv[5] ?? 'metal-streaks')!;
const body = (process.argv[6] ?? 'hip') as MetalBody;
const beam = body === 'hip' ? 'parallel' : 'fan';
const limits = { ...defaultQualityLimits('CT', 'metal'), ...method.qualityLimits };
const CONTRASTS_HU = [50, 100, 200, 400];
const SIZES_MM = [8, 12];
const FROM_METAL_MM = 20;
const OPTICS = { psfMm: 0.9, blurredMm: 3.5, across: true };
const PLACES = 4;

const names = ['new-structure', 'lost-structure', 'new-line', 'lost-line'] as const;
const good: Record<string, number>[] = [];
const found = new Map<string, { found: number; planted: number }>();
for (let n = 0; n < cases; n++) {
  const { scanned, reference, metal } = await metalCase(seed + n, edge, beam, body);
  const result = await enhancedBy(method.id, scanned);
  const options = { ...judgedTissue('CT', scanned), planes: 'slices' } as const;
  const look = async (seen: Volume) =>
    findStructures(scanned, await changedBeyondTrace(scanned, seen), options);
  const figures = structureFigures(await look(result));
  good.push(figures);
  console.log(`seed ${seed + n}: ${names.map((name) => `${name} ${figures[name]!.toFixed(1)}`).join(', ')}`);
  const draw = drawing(seed + n);
  for (const sizeMm of SIZES_MM)
    for (const contrast of CONTRASTS_HU) {
      const label = `${sizeMm} mm, ${contrast} HU`;
      const told = found.get(label) ?? { found: 0, planted: 0 };
      found.set(label, told);
      for (let one = 0; one < PLACES; one++) {
        const place = placeIn(reference, metal, draw);
        const shape = await shapeOf(result, { type: 'bright', sizeMm }, place, OPTICS, draw);
        const data = Float32Array.from(result.data);
        addTo(data, result.size, shape.box, shape.inResult, contrast);
        const { spots } = await look({ ...result, data });
        told.planted++;
        const isFound = spots.some(
          ({ kind, form, score, voxel }) =>
            kind === 'new' &&
            score > limits[form === 'blob' ? 'new-structure' : 'new-line'].flag! &&
            distanceMm(shape, voxel) <= shape.reachMm,
        );
        if (isFound) told.found++;
      }
    }
}

/** A place of soft tissue that is no edge of the body, away from metal. */
function placeIn({ data, size, spacingMm }: Volume, metal: Float32Array, draw: { uniform(): number }): Vec3 {
  const [nx, ny] = size;
  const reach = Math.ceil(FROM_METAL_MM / spacingMm[0]);
  for (let trial = 0; trial < 20_000; trial++) {
    const [i, j] = [Math.floor(nx * draw.uniform()), Math.floor(ny * draw.uniform())];
    const isTissue = [-6, 0, 6].every((b) =>
      [-6, 0, 6].every((a) => Math.abs(data[i + a + nx * (j + b)] ?? 1000) < 150),
    );
    if (!isTissue) continue;
    let isFar = true;
    for (let b = -reach; b <= reach && isFar; b++)
      for (let a = -reach; a <= reach && isFar; a++) isFar = !((metal[i + a + nx * (j + b)] ?? 0) > 0);
    if (isFar) return [i, j, 0];
  }
  throw new Error('there is no place of soft tissue');
}

for (const [label, told] of found) console.log(`${label}: ${share(told.found, told.planted)}`);
const flagged = good.filter((figures) =>
  names.some((name) => figures[name]! > (limits[name].flag ?? Number.POSITIVE_INFINITY)),
).length;
console.log(
  `${method.id}, ${body}, seeds ${seed} to ${seed + cases - 1}: good results flagged ${share(flagged, good.length)}`,
);
