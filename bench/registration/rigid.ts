/**
 * Rigid PET to CT registration against elastix on phantom pairs with a known motion: target registration error at
 * anatomical landmarks, wall and CPU time. Ours includes the second start that gives the uncertainty.
 *
 *   node bench/registration/rigid.ts [--size small|full] [--seeds 1001-1005] [--initial identity|search]
 */
import { registerRigid } from '@photopeak/analysis';
import { type Mat4, transformPoint } from '@photopeak/imaging';
import { type PetctTruth, petctPhantom } from '@photopeak/phantom';
import { elastixRigid } from './elastix.ts';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

/** Motions of a patient between two scans of one session, and larger ones. */
const motions = [
  { shiftMm: [6, -4, 8], rotationDegrees: [1.5, -1, 2] },
  { shiftMm: [-9, 7, -5], rotationDegrees: [-2, 2, -3] },
  { shiftMm: [3, 10, 14], rotationDegrees: [3, 1, -1] },
  { shiftMm: [-12, -6, 4], rotationDegrees: [0.5, -3, 4] },
  { shiftMm: [15, 3, -12], rotationDegrees: [-3, -2, 1] },
] as const;

function errors(pull: Mat4, truth: PetctTruth) {
  const found = truth.landmarks.map(({ petMm, ctMm }) => {
    const p = transformPoint(pull, ctMm);
    return Math.hypot(p[0] - petMm[0], p[1] - petMm[1], p[2] - petMm[2]);
  });
  return { mean: found.reduce((a, b) => a + b, 0) / found.length, max: Math.max(...found) };
}

const size = argument('size', 'small') === 'full' ? 'full' : 'small';
const initial = argument('initial', 'identity') === 'search' ? 'search' : 'identity';
const [from, to] = argument('seeds', '1001-1005').split('-').map(Number) as [number, number];
const ours = { mean: 0, max: 0, seconds: 0, cpu: 0 };
const theirs = { mean: 0, max: 0, seconds: 0, cpu: 0 };
let pairs = 0;
for (let seed = from; seed <= to; seed++) {
  const motion = motions[(seed - from) % motions.length]!;
  const { ct, pet, truth } = await petctPhantom({ seed, size, rigidMismatch: motion });
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = registerRigid(ct, pet, { initial });
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  const error = errors(result.pull, truth);
  ours.mean += error.mean;
  ours.max = Math.max(ours.max, error.max);
  ours.seconds += seconds;
  ours.cpu += (used.user + used.system) / 1e6;
  pairs++;
  const elastix = elastixRigid(ct, pet);
  if (elastix === undefined) {
    console.log('elastix is not installed or failed: no comparison');
    process.exit(1);
  }
  const other = errors(elastix.pull, truth);
  theirs.mean += other.mean;
  theirs.max = Math.max(theirs.max, other.max);
  theirs.seconds += elastix.seconds;
  theirs.cpu += elastix.cpuSeconds;
  console.log(
    `seed ${seed}: ours ${error.mean.toFixed(2)} mm (max ${error.max.toFixed(2)}, uncertainty ${result.uncertaintyMm?.toFixed(2)}) ` +
      `${seconds.toFixed(2)} s; elastix ${other.mean.toFixed(2)} mm (max ${other.max.toFixed(2)}) ${elastix.seconds.toFixed(2)} s`,
  );
}
const perPair = (value: number) => (value / pairs).toFixed(2);
console.log(
  `rigid: ${pairs} ${size} pairs: ours ${perPair(ours.mean)} mm mean, ${ours.max.toFixed(2)} max, ${perPair(ours.seconds)} s (${perPair(ours.cpu)} s CPU); ` +
    `elastix ${perPair(theirs.mean)} mm mean, ${theirs.max.toFixed(2)} max, ${perPair(theirs.seconds)} s (${perPair(theirs.cpu)} s CPU); ` +
    `${(theirs.seconds / ours.seconds).toFixed(1)} times faster by the clock, ${(theirs.cpu / ours.cpu).toFixed(1)} times by CPU`,
);
process.exit(0);
