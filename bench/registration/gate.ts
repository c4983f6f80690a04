/**
 * The gate of the deformable registration on pairs of PET and CT of known motion: how often a deformation is used that is
 * worse than the rigid registration at the surfaces of the organs (false accepts), and how often one is left that would
 * have gained (missed gains).
 *
 *   node bench/registration/gate.ts [--pairs studies|torsos] [--kind pet-ct|spect-ct|pet-mr] [--seeds 2101-2110] [--evidence FILE]
 *
 * `studies`: whole-body phantoms, five misalignments each (score-cases.ts: breathing, head, heart and pelvis moved by
 * themselves, all of it turned and shifted). `torsos`: torso pairs with a motion of 0 to 18 mm; these also with SPECT on CT and
 * PET on MR, where no surfaces judge. Seeds below 2000 were for
 * tuning. `--evidence` writes what was measured of each pair as lines of JSON.
 */
import { appendFileSync } from 'node:fs';
import {
  type DeformableResult,
  type RegistrationScore,
  registerDeformable,
  segmentCtAnatomy,
  toMoving,
} from '@photopeak/analysis';
import { type Mat4, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { structureNames, torsoPair } from '@photopeak/phantom';
import { casesOf, phantomOf } from './score-cases.ts';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const kind = argument('pairs', 'studies') === 'torsos' ? 'torsos' : 'studies';
const images = argument('kind', 'pet-ct') as 'pet-ct' | 'spect-ct' | 'pet-mr';
const [from, to] = argument('seeds', '2101-2110').split('-').map(Number) as [number, number];
const evidenceFile = argument('evidence', '');

interface Pair {
  readonly name: string;
  readonly ct: Volume;
  readonly pet: Volume;
  /** PET to CT, taken as it is; absent: registered rigidly. */
  readonly ctFromPet?: Mat4;
  readonly points: readonly Vec3[];
  toPet(point: Vec3): Vec3;
}

const ORGANS: readonly string[] = [
  ...['liver', 'spleen', 'kidneyRight', 'kidneyLeft', 'heart', 'lungRight', 'lungLeft'],
  ...['bladder', 'brain', 'stomach', 'bone', 'muscle'],
];
const POINTS_OF_AN_ORGAN = 40;

/** Voxels of the CT at the surface of organs, evenly over those of each organ. */
function surfacePoints(structures: Volume<Uint8Array>): Vec3[] {
  const [nx, ny, nz] = structures.size;
  const { data } = structures;
  return ORGANS.flatMap((organ) => {
    const label = structureNames.indexOf(organ as (typeof structureNames)[number]);
    const found: number[] = [];
    for (let k = 2; k < nz - 2; k++)
      for (let j = 1; j < ny - 1; j++)
        for (let i = 1; i < nx - 1; i++) {
          const n = i + nx * (j + ny * k);
          if (data[n] !== label) continue;
          if ([1, -1, nx, -nx, nx * ny, -nx * ny].some((step) => data[n + step] !== label)) found.push(n);
        }
    const every = Math.max(1, found.length / POINTS_OF_AN_ORGAN);
    return Array.from({ length: Math.min(found.length, POINTS_OF_AN_ORGAN) }, (_, m) => {
      const n = found[Math.floor(m * every)]!;
      return toWorld(structures, [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))]);
    });
  });
}

async function* pairsOf(seed: number): AsyncGenerator<Pair> {
  if (kind === 'torsos') {
    for (const [breathingMm, randomMm] of [
      [0, 0],
      [0, 3],
      [5, 0],
      [9, 2],
      [14, 0],
      [18, 6],
    ] as const) {
      const pair = await torsoPair({ seed, pair: images, breathingMm, randomMm });
      const points = pair.landmarks.map(({ fixedMm }) => fixedMm);
      yield {
        ...{ name: `${seed} breathing ${breathingMm} random ${randomMm}`, ct: pair.fixed, pet: pair.moving },
        ...{ points, toPet: pair.toMoving },
      };
    }
    return;
  }
  const study = await phantomOf(seed);
  const points = surfacePoints(study.structures());
  let n = 0;
  for (const { ct, pet, ctFromPet, toPet } of casesOf(seed, study))
    yield { name: `${seed}/${n++}`, ct, pet, ctFromPet, points, toPet };
}

function errors(pair: Pair, found: readonly Vec3[]) {
  const sorted = found
    .map((point, n) => {
      const truth = pair.toPet(pair.points[n]!);
      return Math.hypot(point[0] - truth[0], point[1] - truth[1], point[2] - truth[2]);
    })
    .sort((a, b) => a - b);
  return {
    mean: sorted.reduce((sum, mm) => sum + mm, 0) / sorted.length,
    p95: sorted[Math.floor(0.95 * sorted.length)]!,
  };
}

/** Changes of the mean error that count as worse and as a gain, mm. */
const WORSE_MM = 0.1;
const GAIN_MM = 0.5;

let pairs = 0;
let used = 0;
let falseAccepts = 0;
let gains = 0;
let missed = 0;
const usedMeans: number[] = [];
const linearMeans: number[] = [];

for (let seed = from; seed <= to; seed++) {
  let anatomy: Awaited<ReturnType<typeof segmentCtAnatomy>> | undefined;
  for await (const pair of pairsOf(seed)) {
    if (images === 'pet-ct' && (anatomy === undefined || kind === 'torsos'))
      anatomy = await segmentCtAnatomy(pair.ct);
    const start = performance.now();
    const result: DeformableResult = await registerDeformable(pair.ct, pair.pet, {
      kind: images,
      ...(anatomy === undefined ? {} : { anatomy }),
      ...(pair.ctFromPet === undefined ? {} : { initial: pair.ctFromPet, keepInitial: true }),
    });
    const seconds = (performance.now() - start) / 1000;
    const linear = errors(pair, toMoving({ pull: result.found.pull }, pair.points));
    const deformed = errors(pair, toMoving(result.found, pair.points));
    const isUsed = result.used === 'deformable';
    pairs++;
    if (isUsed) used++;
    if (isUsed && deformed.mean > linear.mean + WORSE_MM) falseAccepts++;
    if (deformed.mean < linear.mean - GAIN_MM) {
      gains++;
      if (!isUsed) missed++;
    }
    linearMeans.push(linear.mean);
    usedMeans.push(isUsed ? deformed.mean : linear.mean);
    const text = (one: typeof linear) => `${one.mean.toFixed(2)} (p95 ${one.p95.toFixed(2)})`;
    console.log(
      `${pair.name}: linear ${text(linear)}, deformed ${text(deformed)} mm: ${result.used}. ${result.reason} ${seconds.toFixed(1)} s`,
    );
    if (evidenceFile === '') continue;
    const { surfaces, ...evidence } = result.evidence;
    const scored = ({ score, regions, unjudged }: RegistrationScore) => ({
      score,
      regions: Object.fromEntries(regions.map(({ name, mm, spreadMm }) => [name, [mm, spreadMm]])),
      unjudged,
    });
    appendFileSync(
      evidenceFile,
      `${JSON.stringify({
        ...{ name: pair.name, linear, deformed, evidence, used: result.used, reason: result.reason },
        ...(surfaces === undefined
          ? {}
          : { before: scored(surfaces.linear), after: scored(surfaces.deformed) }),
      })}\n`,
    );
  }
}
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
console.log(
  `gate, ${pairs} ${kind}, ${images}, seeds ${from}-${to}: used ${used}; worse than rigid ${falseAccepts}; gains missed ${missed} of ${gains}; ` +
    `mean error ${mean(linearMeans).toFixed(2)} mm rigid, ${mean(usedMeans).toFixed(2)} mm as used`,
);
process.exit(0);
