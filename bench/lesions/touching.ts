/**
 * Lesions that touch an organ of strong uptake, pairs of lesions that touch each other, and single lesions of odd shape
 * that must stay one, put into simulated studies: found apart or not.
 *
 *   node bench/lesions/touching.ts [--first 33001] [--count 12] [--cache FOLDER] [--details]
 *
 * A ball of even uptake is added outside the organ, blurred as the scanner blurs. It is told apart where a shown finding
 * overlaps it with a Dice of at least 0.4; two of a pair need a finding each. Seeds from 33001 on were used for nothing
 * else; 20001 to 20021 were for tuning. Simulated: not comparable with figures on patients.
 */
import { type FoundLesions, findLesions, ORGAN_LABELS, type OrganName } from '@photopeak/analysis';
import {
  distanceTransform,
  emptyVolume,
  gaussian,
  type Mask,
  toVoxel,
  toWorld,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import type { PhantomTracer } from '@photopeak/phantom';
import { argument, cohort, FAMILY, type SimulatedStudy, share, simulatedStudy } from './studies.ts';

/** Organs with uptake far above the threshold, by tracer. */
const HOT: Record<PhantomTracer, readonly OrganName[]> = {
  fdg: ['bladder', 'kidneyLeft', 'heart'],
  'psma-11': ['bladder', 'kidneyRight', 'kidneyLeft', 'spleen'],
  'psma-1007': ['kidneyRight', 'kidneyLeft', 'liver', 'spleen'],
  dotatate: ['bladder', 'kidneyRight', 'spleen', 'liver'],
  'fapi-46': ['bladder', 'kidneyLeft'],
  fluoride: ['bladder', 'kidneyRight'],
};
/** Resolution of the three scanners of the studies in turn, FWHM in mm. */
const FWHM_MM = [6.2, 4.6, 5.5];
/** Uptake of a lesion over that of the organ that it touches. */
const RATIOS = [0.35, 0.6, 1];
const LEAST_SUV = 6;
const GAPS_MM = [0, 3];

interface Case {
  readonly name: string;
  readonly shapes: readonly Shape[];
}
interface Shape {
  readonly suv: number;
  readonly centre: Vec3;
  readonly inside: (x: number, y: number, z: number) => boolean;
}

const ball = (centre: Vec3, radiusMm: number, suv: number): Shape => ({
  suv,
  centre,
  inside: (x, y, z) => Math.hypot(x - centre[0], y - centre[1], z - centre[2]) <= radiusMm,
});

/** A tube of half-balls at its ends, from one point to the next. */
const tube = (points: readonly Vec3[], radiusMm: number, suv: number): Shape => ({
  suv,
  centre: points[0]!,
  inside: (x, y, z) =>
    points.slice(1).some((to, n) => {
      const from = points[n]!;
      const d = to.map((v, a) => v - from[a]!);
      const p = [x - from[0], y - from[1], z - from[2]];
      const along = (p[0]! * d[0]! + p[1]! * d[1]! + p[2]! * d[2]!) / (d[0]! ** 2 + d[1]! ** 2 + d[2]! ** 2);
      const t = Math.min(1, Math.max(0, along));
      return Math.hypot(p[0]! - t * d[0]!, p[1]! - t * d[1]!, p[2]! - t * d[2]!) <= radiusMm;
    }),
});

function everyVoxel(volume: Volume, visit: (n: number, at: Vec3) => void): void {
  const [nx, ny, nz] = volume.size;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, n++) visit(n, toWorld(volume, [i, j, k]));
}

/** Value of a label volume at a point, 0 outside. */
function labelAt(labels: Volume, at: Vec3): number {
  const [x, y, z] = toVoxel(labels, at).map(Math.round) as unknown as Vec3;
  const [nx, ny, nz] = labels.size;
  return x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz ? 0 : labels.data[x + nx * (y + ny * z)]!;
}

/** Where the PET shows the organ: at least half its middle uptake, no further than 10 mm from where CT shows it. */
async function supportOf(
  study: SimulatedStudy,
  organ: OrganName,
): Promise<{ mask: Mask; suv: number } | undefined> {
  const { suv, organs } = study;
  const onPet = emptyVolume(suv, 'uint8', '1');
  const values: number[] = [];
  everyVoxel(suv, (n, at) => {
    if (labelAt(organs.labels, at) !== ORGAN_LABELS[organ]) return;
    onPet.data[n] = 1;
    values.push(suv.data[n]!);
  });
  if (values.length < 50) return undefined;
  const level = values.sort((a, b) => a - b)[Math.floor(values.length * 0.6)]!;
  const away = await distanceTransform(onPet);
  const mask = emptyVolume(suv, 'uint8', '1');
  for (let n = 0; n < mask.data.length; n++)
    mask.data[n] = Number(away.data[n]! <= 10 && suv.data[n]! >= 0.5 * level);
  return { mask, suv: level };
}

/** Cases of a study; which, where and how large follows its seed. */
async function casesOf(study: SimulatedStudy): Promise<{ cases: Case[]; supports: Map<OrganName, Mask> }> {
  const { suv, seed, anatomy } = study;
  const cases: Case[] = [];
  const supports = new Map<OrganName, Mask>();
  let draws = 0;
  const draw = () => share(seed, 1000 + draws++);
  /** A point among some at which a ball lies in soft tissue of little uptake. */
  const place = (points: readonly number[], radiusMm: number, most: number): Vec3 | undefined => {
    const [nx, ny] = suv.size;
    for (let trial = 0; trial < 60; trial++) {
      const n = points[Math.floor(draw() * points.length)]!;
      const centre = toWorld(suv, [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))]);
      let [good, all] = [0, 0];
      for (let t = 0; t < 40; t++) {
        const d = [draw() - 0.5, draw() - 0.5, draw() - 0.5];
        const at = centre.map((mm, a) => mm + 2 * radiusMm * d[a]!) as unknown as Vec3;
        if (Math.hypot(...d) > 0.5) continue;
        all++;
        const [x, y, z] = toVoxel(suv, at).map(Math.round) as unknown as Vec3;
        const here = suv.data[x + nx * (y + ny * z)] ?? Infinity;
        good += Number(labelAt(anatomy.labels, at) === 1 && here < most);
      }
      if (all > 0 && good >= 0.7 * all) return centre;
    }
    return undefined;
  };
  for (const organ of HOT[study.tracer]) {
    const support = await supportOf(study, organ);
    if (support === undefined || support.suv < 5) continue;
    supports.set(organ, support.mask);
    const away = (await distanceTransform(support.mask)).data;
    for (const ratio of RATIOS) {
      const radiusMm = 7 + 5 * draw();
      const gap = GAPS_MM[cases.length % GAPS_MM.length]!;
      const lesion = Math.max(LEAST_SUV, ratio * support.suv);
      const points: number[] = [];
      for (let n = 0; n < away.length; n++) if (Math.abs(away[n]! - radiusMm - gap) < 2) points.push(n);
      const centre = points.length === 0 ? undefined : place(points, radiusMm, 0.4 * lesion);
      if (centre !== undefined)
        cases.push({ name: `${organ} ${ratio} gap ${gap}`, shapes: [ball(centre, radiusMm, lesion)] });
    }
  }
  const quiet: number[] = [];
  for (let n = 0; n < suv.data.length; n++) if (suv.data[n]! < 1.5) quiet.push(n);
  const level = 8 + 8 * draw();
  const dir = (): Vec3 => {
    const z = 2 * draw() - 1;
    const phi = 2 * Math.PI * draw();
    const s = Math.sqrt(1 - z * z);
    return [s * Math.cos(phi), s * Math.sin(phi), z];
  };
  const step = (from: Vec3, d: Vec3, mm: number) => from.map((v, a) => v + mm * d[a]!) as unknown as Vec3;
  for (const [first, second, ratio, gap] of [
    [11, 11, 1, 0],
    [11, 11, 0.5, 0],
    [14, 9, 1, 0],
    [9, 9, 1, 2],
  ] as const) {
    const centre = place(quiet, 22, 2.5);
    if (centre === undefined) continue;
    const d = dir();
    const a = step(centre, d, -(second + gap / 2));
    cases.push({
      name: `pair ${first}/${second} mm ${ratio} gap ${gap}`,
      shapes: [ball(a, first, level), ball(step(a, d, first + second + gap), second, ratio * level)],
    });
  }
  for (const [name, half, bend] of [
    ['single, long', 14, 0],
    ['single, bent', 16, 1],
  ] as const) {
    const centre = place(quiet, 22, 2.5);
    if (centre === undefined) continue;
    const d = dir();
    const e = dir();
    const points =
      bend === 0
        ? [step(centre, d, -half), step(centre, d, half)]
        : [step(centre, d, half), centre, step(centre, e, half)];
    cases.push({ name, shapes: [tube(points, 9, level)] });
  }
  return { cases, supports };
}

async function inserted(
  study: SimulatedStudy,
  shapes: readonly Shape[],
  organs: Iterable<Mask>,
  fwhm: number,
) {
  const { suv } = study;
  const added = emptyVolume(suv, 'float32', suv.unit);
  const truth = shapes.map(() => emptyVolume(suv, 'uint8', '1'));
  const taken = [...organs];
  const [sx, sy, sz] = suv.spacingMm;
  everyVoxel(suv, (n, [x, y, z]) => {
    for (const [s, shape] of shapes.entries()) {
      const [cx, cy, cz] = shape.centre;
      if (Math.abs(x - cx) > 50 || Math.abs(y - cy) > 50 || Math.abs(z - cz) > 50) continue;
      if (taken.some(({ data }) => data[n] !== 0)) continue;
      let count = 0;
      for (const c of [-1, 0, 1])
        for (const b of [-1, 0, 1])
          for (const a of [-1, 0, 1])
            count += Number(shape.inside(x + (a * sx) / 3, y + (b * sy) / 3, z + (c * sz) / 3));
      added.data[n] = Math.max(
        added.data[n]!,
        (count / 27) * Math.max(0, shape.suv - Math.min(1.5, suv.data[n]!)),
      );
      if (shape.inside(x, y, z)) truth[s]!.data[n] = 1;
    }
  });
  const blurred = await gaussian(added, { sigmaMm: fwhm / 2.3548 });
  return { suv: { ...suv, data: suv.data.map((v, n) => v + blurred.data[n]!) }, truth };
}

/** Cases in as few images as keep them 70 mm apart from each other. */
function apart(cases: readonly Case[]): Case[][] {
  const groups: Case[][] = [];
  for (const one of cases) {
    const isFar = (other: Case) =>
      one.shapes.every(({ centre: a }) =>
        other.shapes.every(({ centre: b }) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) > 70),
      );
    const group = groups.find((members) => members.every(isFar));
    if (group === undefined) groups.push([one]);
    else group.push(one);
  }
  return groups;
}

/** Dice of each lesion with the shown finding that fits it best, and which. */
function bestOf(result: FoundLesions, truth: Mask): { id: number; dice: number; reason: string } {
  const overlap = new Map<number, number>();
  const sizes = new Map<number, number>();
  let own = 0;
  for (let n = 0; n < truth.data.length; n++) {
    const id = result.labels.data[n]!;
    own += truth.data[n]!;
    if (id === 0) continue;
    sizes.set(id, (sizes.get(id) ?? 0) + 1);
    if (truth.data[n] !== 0) overlap.set(id, (overlap.get(id) ?? 0) + 1);
  }
  let best = { id: 0, dice: 0, reason: 'nothing' };
  let most = 0;
  for (const [id, both] of overlap) {
    const finding = result.findings[id - 1]!;
    const dice = (2 * both) / (own + sizes.get(id)!);
    if (!finding.hidden && dice > best.dice) best = { id, dice, reason: finding.reason };
    if (best.dice === 0 && both > most) {
      most = both;
      best = { id: 0, dice: 0, reason: `${finding.organ ?? 'faint'}: ${finding.reason}` };
    }
  }
  return best;
}

const ENOUGH = 0.4;
const first = Number(argument('first', '33001'));
const count = Number(argument('count', '12'));
const cache = argument('cache', '');
const isDetailed = process.argv.includes('--details');
const tally = new Map<string, { n: number; good: number; dice: number }>();
const note = (name: string, good: boolean, dice: number) => {
  const row = tally.get(name) ?? { n: 0, good: 0, dice: 0 };
  tally.set(name, { n: row.n + 1, good: row.good + Number(good), dice: row.dice + dice });
};
let [organsShown, studies] = [0, 0];
for (const plan of cohort(first, count)) {
  const study = await simulatedStudy(plan, cache === '' ? undefined : cache);
  const options = { tracer: FAMILY[study.tracer], organs: study.organs };
  const { cases, supports } = await casesOf(study);
  const fwhm = FWHM_MM[plan.index % FWHM_MM.length]!;
  studies++;
  const plain = await findLesions(study.suv, study.anatomy, options);
  const inOrgan = new Set<number>();
  for (const { data } of supports.values())
    for (let n = 0; n < data.length; n++)
      if (data[n] !== 0 && study.truth.data[n] === 0) inOrgan.add(plain.labels.data[n]!);
  const real = new Set(Array.from(plain.labels.data).filter((_, n) => study.truth.data[n] !== 0));
  for (const { id, hidden, measurement, reason } of plain.findings) {
    if (hidden || real.has(id)) continue;
    if (inOrgan.has(id)) organsShown++;
    if (isDetailed)
      console.log(
        `${study.tracer} ${study.seed} without: shown ${measurement.mtvMl.toFixed(1)} ml, SUVmax ${measurement.max.toFixed(1)}, of an organ ${inOrgan.has(id)}: ${reason}`,
      );
  }
  for (const group of apart(cases)) {
    const { suv, truth } = await inserted(
      study,
      group.flatMap(({ shapes }) => shapes),
      supports.values(),
      fwhm,
    );
    const result = await findLesions(suv, study.anatomy, options);
    for (const { name, shapes } of group) {
      const best = truth.splice(0, shapes.length).map((mask) => bestOf(result, mask));
      const good =
        best.every(({ dice }) => dice >= ENOUGH) && new Set(best.map(({ id }) => id)).size === best.length;
      note(
        name.replace(/Left|Right/g, '').replace(/([a-z] [0-9.]+) gap.*/, '$1'),
        good,
        Math.min(...best.map(({ dice }) => dice)),
      );
      if (isDetailed)
        console.log(
          `${study.tracer} ${study.seed} ${name} SUV ${shapes[0]!.suv.toFixed(1)}: ${good ? 'apart' : 'NOT'} ${best.map(({ id, dice, reason }) => `${id} ${dice.toFixed(2)} ${reason}`).join(' | ')}`,
        );
    }
  }
}
for (const [name, { n, good, dice }] of [...tally].sort())
  console.log(`${name.padEnd(28)} ${good} of ${n}, mean Dice ${(dice / n).toFixed(2)}`);
const sum = (of: (name: string) => boolean) =>
  [...tally].filter(([name]) => of(name)).reduce((t, [, { n, good }]) => [t[0]! + good, t[1]! + n], [0, 0]);
const isPair = (name: string) => name.startsWith('pair');
const isSingle = (name: string) => name.startsWith('single');
const [o, p, s] = [sum((name) => !isPair(name) && !isSingle(name)), sum(isPair), sum(isSingle)];
console.log(
  `touching, seeds ${first}-${first + count - 1}, ${studies} studies: beside organs ${o.join('/')}, pairs ${p.join('/')}, odd singles whole ${s.join('/')}, organs shown ${organsShown}`,
);
process.exit(0);
