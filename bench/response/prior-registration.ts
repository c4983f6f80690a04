/**
 * How far a registration of the CTs of two examinations of one person, rigid and then deformable, leaves lesions from
 * each other: distance in mm between where it puts the truth of a lesion and where that lesion is.
 *
 *   node bench/response/prior-registration.ts [--seeds 2001-2010]
 *
 * Phantoms: at the second visit the person lies elsewhere, is bent by some millimetres and breathes otherwise.
 */
import { registerDeformable, registerRigid, toFixed } from '@photopeak/analysis';
import { transformPoint } from '@photopeak/imaging';
import { lesionCourse, petctPhantom } from '@photopeak/phantom';

const at = process.argv.indexOf('--seeds');
const [from, to] = (at < 0 ? '2001-2010' : (process.argv[at + 1] ?? '')).split('-').map(Number) as [
  number,
  number,
];
const before: number[] = [];
const after: number[] = [];
const deformed: number[] = [];
let seconds = 0;
for (let seed = from; seed <= to; seed++) {
  const lesions = lesionCourse({ seed, visits: 2 });
  const [prior, current] = [0, 1].map((visit) => petctPhantom({ seed, visit, lesions })) as [
    ReturnType<typeof petctPhantom>,
    ReturnType<typeof petctPhantom>,
  ];
  const start = performance.now();
  const { matrix, uncertaintyMm } = await registerRigid(current.ct, prior.ct, { initial: 'search' });
  const { used, deformation } = await registerDeformable(current.ct, prior.ct, {
    kind: 'ct-ct',
    initial: matrix,
    keepInitial: true,
  });
  seconds += (performance.now() - start) / 1000;
  for (const lesion of prior.truth.lesions) {
    const same = current.truth.lesions.find(({ id }) => id === lesion.id);
    if (same === undefined) continue;
    const distance = (a: readonly number[]) =>
      Math.hypot(...a.map((mm, axis) => mm - same.centerCtMm[axis]!));
    before.push(distance(lesion.centerCtMm));
    after.push(distance(transformPoint(matrix, lesion.centerCtMm)));
    deformed.push(distance(toFixed(deformation, [lesion.centerCtMm])[0]!));
  }
  console.log(`seed ${seed}: uncertainty ${uncertaintyMm?.toFixed(2) ?? '-'} mm; ${used}`);
}
const sorted = (values: number[]) => [...values].sort((a, b) => a - b);
const describe = (values: number[]) =>
  `mean ${(values.reduce((a, b) => a + b, 0) / values.length).toFixed(1)}, p95 ${sorted(values)[Math.floor(0.95 * (values.length - 1))]?.toFixed(1)}, max ${sorted(values).at(-1)?.toFixed(1)} mm`;
console.log(
  `prior registration, ${after.length} lesions of seeds ${from}-${to}: before ${describe(before)}; rigid ${describe(after)}; deformable where it is better ${describe(deformed)}; ${(seconds / (to - from + 1)).toFixed(1)} s a pair`,
);
process.exit(0);
