/**
 * Slices refined on phantoms that nothing was tuned on, beside cubic B-spline interpolation and beside cubic made
 * consistent with the slices: peak signal-to-noise ratio against the fine truth, structural similarity, consistency.
 *
 *   node bench/enhancement/super-resolution.ts [--seeds 9201-9204] [--size 96]
 *
 * Seeds below 9200 were used for tuning.
 */
import { psnr, refineSlices, SliceModel, ssim } from '@photopeak/analysis';
import { createVolume, resample, type Volume } from '@photopeak/imaging';
import { type ThickSlicesOptions, thickSlices } from '@photopeak/phantom';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const [from, to] = argument('seeds', '9201-9204').split('-').map(Number) as [number, number];
const size = Number(argument('size', '96'));
const seeds = Array.from({ length: to - from + 1 }, (_, n) => from + n);
const cases: readonly Omit<ThickSlicesOptions, 'seed'>[] = [
  { sliceMm: 3, profile: 'gaussian', noise: 0.01 },
  { sliceMm: 3, profile: 'box', noise: 0.01 },
  { sliceMm: 4, profile: 'gaussian', noise: 0.01 },
  { sliceMm: 6, profile: 'gaussian', noise: 0.01 },
  { sliceMm: 3, profile: 'gaussian', noise: 0.03 },
];

/** The nearest image to `image` that gives the slices. */
function madeConsistent(
  image: Volume<Float32Array>,
  slices: Volume,
  model: SliceModel,
): Volume<Float32Array> {
  const data = Float32Array.from(image.data);
  const area = image.size[0] * image.size[1];
  const scratch = new Float64Array(model.slices);
  for (let at = 0; at < area; at++) model.makeConsistent(data, at, area, slices.data, at, area, scratch);
  return createVolume(image, data, image.unit);
}

const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
const gains: number[] = [];
console.log(
  'slices             | linear | cubic | cubic, consistent | ours dB | SSIM cubic, ours | consistency | s',
);
for (const one of cases) {
  const found: Record<string, number[]> = {};
  const note = (name: string, value: number) => {
    found[name] = [...(found[name] ?? []), value];
  };
  for (const seed of seeds) {
    const { truth, slices } = thickSlices({ seed, size, ...one });
    const profile = one.profile ?? 'gaussian';
    const model = new SliceModel(slices.size[2], one.sliceMm, profile, 1);
    // The first and last slices show what nobody measured beyond them.
    const inner = truth;
    const linear = await resample(slices, { grid: truth, interpolation: 'linear' });
    const cubic = await resample(slices, { grid: truth, interpolation: 'cubic' });
    const started = performance.now();
    const refined = refineSlices(slices, { profile });
    note('s', (performance.now() - started) / 1000);
    const range = 1250;
    for (const [name, image] of Object.entries({
      linear,
      cubic,
      consistent: madeConsistent(cubic, slices, model),
      ours: refined.volume,
    })) {
      note(name, psnr(inner, image, range));
      note(`${name} ssim`, ssim(inner, image, range));
    }
    note('consistency', refined.consistencyError);
  }
  const at = (name: string) => mean(found[name]!);
  gains.push(at('ours') - at('cubic'));
  console.log(
    `${one.sliceMm} mm ${(one.profile ?? '').padEnd(8)} ${(100 * one.noise!).toFixed(0)} % | ${at('linear').toFixed(2)} | ${at('cubic').toFixed(2)} | ${at('consistent').toFixed(2)} | ${at('ours').toFixed(2)} | ${at('cubic ssim').toFixed(3)}, ${at('ours ssim').toFixed(3)} | ${at('consistency').toExponential(1)} | ${at('s').toFixed(1)}`,
  );
}
console.log(
  `super-resolution: gain over cubic, dB: least ${Math.min(...gains).toFixed(2)}, mean ${mean(gains).toFixed(2)} (seeds ${from}-${to})`,
);
