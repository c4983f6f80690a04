/**
 * Deformable registration at full size: a torso pair with a known motion on the voxels of a clinical CT and PET; time,
 * peak memory of the process, and target registration error at 420 landmarks.
 *
 *   node bench/registration/full-size.ts [--pair ct-ct|pet-ct] [--seed 101] [--slices 600]
 */
import { registerDeformable, toMoving } from '@photopeak/analysis';
import { type Grid, resample, withSpacing } from '@photopeak/imaging';
import { torsoPair } from '@photopeak/phantom';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const kind = argument('pair', 'ct-ct') === 'pet-ct' ? 'pet-ct' : 'ct-ct';
const slices = Number(argument('slices', '600'));
const pair = await torsoPair({ seed: Number(argument('seed', '101')), pair: kind });
const extent = (grid: Grid, axis: 0 | 1 | 2) => grid.size[axis] * grid.spacingMm[axis];
const finer = (grid: Grid, columns: number): Grid =>
  withSpacing(grid, [extent(grid, 0) / columns, extent(grid, 1) / columns, extent(grid, 2) / slices]);

const fixed = await resample(pair.fixed, {
  grid: finer(pair.fixed, 512),
  interpolation: 'linear',
  type: 'int16',
});
const moving =
  kind === 'ct-ct'
    ? await resample(pair.moving, { grid: finer(pair.moving, 512), interpolation: 'linear', type: 'int16' })
    : await resample(pair.moving, {
        grid: finer(pair.moving, 400),
        interpolation: 'linear',
        type: 'float32',
      });
const images = (fixed.data.byteLength + moving.data.byteLength) / 2 ** 20;
const cpu = process.cpuUsage();
const start = performance.now();
const result = await registerDeformable(fixed, moving, { kind });
const seconds = (performance.now() - start) / 1000;
const used = process.cpuUsage(cpu);
const found = toMoving(
  result.deformation,
  pair.landmarks.map(({ fixedMm }) => fixedMm),
);
const errors = found.map((point, n) => {
  const truth = pair.landmarks[n]!.movingMm;
  return Math.hypot(point[0] - truth[0], point[1] - truth[1], point[2] - truth[2]);
});
console.log(
  `deformable ${kind} ${fixed.size.join('×')} and ${moving.size.join('×')}: ${result.used}, ` +
    `${(errors.reduce((sum, mm) => sum + mm, 0) / errors.length).toFixed(2)} mm mean, ${seconds.toFixed(1)} s ` +
    `(${((used.user + used.system) / 1e6).toFixed(1)} s CPU), peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MB, images ${Math.round(images)} MB of it`,
);
process.exit(0);
