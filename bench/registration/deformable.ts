/**
 * Deformable registration of torso pairs with a known motion against elastix (rigid, then B-splines by mutual
 * information) and plastimatch (rigid, then regularised B-splines) in one run: target registration error at 420
 * landmarks, wall and processor time. Ours includes the gate, so it is the error of what would be used.
 *
 *   node bench/registration/deformable.ts [--pair ct-ct|cbct-ct|pet-ct|spect-ct|mr-ct|pet-mr|mr-mr] [--seeds 101-110] [--peers elastix,plastimatch|none]
 *     [--peer-seeds 101-110] [--slides] [--limit-minutes 10]
 *
 * --slides: the ribs stay and what they enclose slides along them; 120 landmarks of the wall come to the others.
 * A peer that takes longer than the limit is ended and counts as failed.
 *
 * Seeds below 100 served for tuning; those of other pairs than CT and CT or PET and CT: 1 and 2. B-splines of the peers as measured best for them: elastix 24 mm without a penalty for
 * two CTs, 48 mm with a bending energy of 500 for PET and CT; plastimatch 24 mm.
 */
import { registerDeformable, toMoving } from '@photopeak/analysis';
import type { Vec3 } from '@photopeak/imaging';
import { type TorsoPair, type TorsoPairKind, torsoPair } from '@photopeak/phantom';
import { elastixDeformable, type PeerPoints } from './elastix.ts';
import { plastimatchDeformable } from './plastimatch.ts';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const kind = argument('pair', 'ct-ct') as TorsoPairKind;
const range = (text: string) => text.split('-').map(Number) as [number, number];
const [from, to] = range(argument('seeds', '101-110'));
const [peersFrom, peersTo] = range(argument('peer-seeds', argument('seeds', '101-110')));
const slides = process.argv.includes('--slides');
const limitSeconds = 60 * Number(argument('limit-minutes', '10'));
const peers = argument('peers', 'elastix,plastimatch').split(',');

interface Row {
  readonly seed: number;
  readonly mean: number;
  readonly p95: number;
  readonly max: number;
  readonly seconds: number;
  readonly cpu: number;
}

function errors(pair: TorsoPair, points: readonly Vec3[]): Pick<Row, 'mean' | 'p95' | 'max'> {
  const sorted = points
    .map((point, n) => {
      const truth = pair.landmarks[n]!.movingMm;
      return Math.hypot(point[0] - truth[0], point[1] - truth[1], point[2] - truth[2]);
    })
    .sort((a, b) => a - b);
  return {
    mean: sorted.reduce((sum, mm) => sum + mm, 0) / sorted.length,
    p95: sorted[Math.floor(0.95 * sorted.length)]!,
    max: sorted.at(-1)!,
  };
}

const rows = new Map<string, Row[]>();
function note(name: string, seed: number, row: Omit<Row, 'seed'>, more = ''): void {
  rows.set(name, [...(rows.get(name) ?? []), { ...row, seed }]);
  console.log(
    `seed ${seed} ${name}: ${row.mean.toFixed(2)} mm mean, ${row.p95.toFixed(2)} p95, ${row.max.toFixed(2)} max, ` +
      `${row.seconds.toFixed(2)} s, ${row.cpu.toFixed(2)} s CPU ${more}`,
  );
}

let worsened = 0;
for (let seed = from; seed <= to; seed++) {
  const pair = await torsoPair({ seed, pair: kind, slides });
  const asked = pair.landmarks.map(({ fixedMm }) => fixedMm);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await registerDeformable(pair.fixed, pair.moving, { kind });
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  const rigid = errors(pair, toMoving({ pull: result.found.pull }, asked));
  const ours = errors(pair, toMoving(result.deformation, asked));
  if (ours.mean > rigid.mean) worsened++;
  note('rigid', seed, { ...rigid, seconds: 0, cpu: 0 });
  note(
    'ours',
    seed,
    { ...ours, seconds, cpu: (used.user + used.system) / 1e6 },
    `(${result.used}, smallest determinant ${result.evidence.folds.smallest.toFixed(2)})`,
  );
  if (seed < peersFrom || seed > peersTo) continue;
  const run = (name: string, found: PeerPoints | undefined) => {
    if (found === undefined) console.log(`seed ${seed} ${name}: not installed, failed, or beyond the limit`);
    else note(name, seed, { ...errors(pair, found.points), seconds: found.seconds, cpu: found.cpuSeconds });
  };
  if (peers.includes('elastix')) {
    const spline =
      kind === 'ct-ct' || kind === 'cbct-ct' ? { gridMm: 24, bending: 0 } : { gridMm: 48, bending: 500 };
    run('elastix', elastixDeformable(pair.fixed, pair.moving, asked, { ...spline, limitSeconds }));
  }
  if (peers.includes('plastimatch')) {
    const metric = kind === 'ct-ct' ? 'mse' : 'mi';
    const options = { metric, gridMm: 24, limitSeconds } as const;
    run('plastimatch', plastimatchDeformable(pair.fixed, pair.moving, asked, options));
  }
}

const average = (list: readonly Row[], key: keyof Row) =>
  list.reduce((sum, row) => sum + row[key], 0) / list.length;
const describe = (name: string) => {
  const list = rows.get(name)!;
  const [mean, p95, max] = (['mean', 'p95', 'max'] as const).map((key) => average(list, key).toFixed(2));
  return `${name} ${mean} mm mean, ${p95} p95, ${max} max, ${average(list, 'seconds').toFixed(1)} s (${average(list, 'cpu').toFixed(1)} s CPU, ${list.length} pairs)`;
};
const ratios = peers
  .filter((name) => rows.has(name))
  .map((name) => {
    const list = rows.get(name)!;
    // On the pairs that both registered.
    const mine = rows.get('ours')!.filter(({ seed }) => list.some((row) => row.seed === seed));
    return `against ${name}: error ratio ${(average(mine, 'mean') / average(list, 'mean')).toFixed(2)} (${average(mine, 'mean').toFixed(2)} and ${average(list, 'mean').toFixed(2)} mm), ${(average(list, 'seconds') / average(mine, 'seconds')).toFixed(1)} times faster by the clock, ${(average(list, 'cpu') / average(mine, 'cpu')).toFixed(1)} by CPU`;
  });
console.log(
  `deformable ${kind}${slides ? ' sliding' : ''}, seeds ${from}-${to}: ${[...rows.keys()].map(describe).join('; ')}; worse than rigid in ${worsened}; ${ratios.join('; ')}`,
);
process.exit(0);
