/**
 * How often what speaks against fusing PET and CT at all is recognised, and how often it is seen where it is not:
 * flipped series, another patient, arms up against arms down, a truncated CT, a movement between two beds.
 *
 *   node bench/registration/plausibility.ts [--seeds 1001-1008] [--details]
 *
 * Seeds below 1000 served to choose the limits.
 */
import { type Doubt, registrationScore, segmentCtAnatomy } from '@photopeak/analysis';
import { identity, type Mat4, type Volume } from '@photopeak/imaging';
import { type PetctPhantom, petctPhantom } from '@photopeak/phantom';
import { casesOf, phantomOf, styleOf } from './score-cases.ts';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const details = process.argv.includes('--details');
const counts = new Map<string, { right: number; all: number }>();

async function judge(
  what: string,
  expected: Doubt['kind'] | undefined,
  ct: Volume,
  pet: Volume,
  anatomy: Awaited<ReturnType<typeof segmentCtAnatomy>>,
  ctFromPet: Mat4 = identity,
): Promise<void> {
  const { doubts } = await registrationScore(ct, pet, { anatomy, ctFromPet });
  const kinds = doubts.map(({ kind }) => kind);
  const isRight = expected === undefined ? kinds.length === 0 : kinds.includes(expected);
  const count = counts.get(what) ?? { right: 0, all: 0 };
  counts.set(what, { right: count.right + Number(isRight), all: count.all + 1 });
  if (details || !isRight)
    console.log(`${what}: ${doubts.map(({ reason }) => reason).join('; ') || 'no doubt'}`);
}

function flipped(volume: Volume<Float32Array>, axis: 0 | 1 | 2): Volume<Float32Array> {
  const [nx, ny, nz] = volume.size;
  const data = new Float32Array(volume.data.length);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const from = [i, j, k];
        from[axis] = volume.size[axis] - 1 - from[axis]!;
        data[i + nx * (j + ny * k)] = volume.data[from[0]! + nx * (from[1]! + ny * from[2]!)]!;
      }
  return { ...volume, data };
}

/** The lower part of the body lies further to the left or the back from one slice on. */
function stepped(volume: Volume<Float32Array>, axis: 0 | 1, mm: number, share: number): Volume<Float32Array> {
  const [nx, ny, nz] = volume.size;
  const data = volume.data.slice();
  const steps = Math.round(mm / volume.spacingMm[axis]);
  for (let k = 0; k < nz * share; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const x = axis === 0 ? Math.max(0, i - steps) : i;
        const y = axis === 1 ? Math.max(0, j - steps) : j;
        data[i + nx * (j + ny * k)] = volume.data[x + nx * (y + ny * k)]!;
      }
  return { ...volume, data };
}

const [from, to] = argument('seeds', '1001-1008').split('-').map(Number) as [number, number];
const studies: {
  seed: number;
  study: PetctPhantom;
  anatomy: Awaited<ReturnType<typeof segmentCtAnatomy>>;
}[] = [];
for (let seed = from; seed <= to; seed++) {
  const study = await phantomOf(seed);
  studies.push({ seed, study, anatomy: await segmentCtAnatomy(study.ct) });
}
for (const { seed, study, anatomy } of studies) {
  const { ct, pet } = study;
  for (const one of casesOf(seed, study))
    await judge('nothing wrong', undefined, ct, one.pet, anatomy, one.ctFromPet);
  for (const axis of [0, 1, 2] as const) await judge('flipped', 'flipped', ct, flipped(pet, axis), anatomy);
  for (const other of studies) {
    if (other.seed === seed || other.study.truth.style !== study.truth.style) continue;
    await judge('other patient', 'other patient', ct, other.study.pet, anatomy);
  }
  await judge(
    'moved between beds',
    'moved between beds',
    ct,
    stepped(pet, seed % 2 === 0 ? 0 : 1, 11, 0.55),
    anatomy,
  );
  const down = await petctPhantom({ seed, style: styleOf(seed), arms: 'down' });
  await judge('arms', 'arms', ct, down.pet, anatomy);
  const narrow = await petctPhantom({
    seed,
    style: styleOf(seed),
    grids: { ct: { size: [96, 96, 196], spacingMm: [3.5, 3.5, 5] } },
  });
  await judge('truncated', 'truncated', narrow.ct, pet, await segmentCtAnatomy(narrow.ct));
}
console.log(
  `plausibility, seeds ${from}-${to}: ${[...counts].map(([what, { right, all }]) => `${what} ${right}/${all}`).join(', ')}`,
);
process.exit(0);
