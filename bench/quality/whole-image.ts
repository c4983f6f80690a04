/**
 * What the figures of the whole image are for good results, and for the same blurred by a known width: what the limit of
 * `sharpness` is set by; of CT also the mean frequency of the noise beside that of the original.
 *
 *   node bench/quality/whole-image.ts [--seeds 9601-9604] [--cache FOLDER]
 *
 * Seeds below 9600 were used for tuning. Phantoms and methods are those of hallucination.ts.
 */
import { evenPlanes, judgedTissue, relativeSharpness, residualOf } from '@photopeak/analysis';
import { gaussian, type Volume } from '@photopeak/imaging';
import { unknownFacts } from '@photopeak/pipelines';
import { measureImages } from '../../packages/pipelines/src/enhancement/measure-images.ts';
import { type BenchModality, baseOf, methodsFor, resultOf, typical } from './cases.ts';

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const [from, to] = (argument('seeds') ?? '9601-9604').split('-').map(Number) as [number, number];
const modalities = ['CT', 'MR', 'PT'] as const satisfies readonly BenchModality[];
/** Blur in pixels. */
const BLURS = [0.4, 0.6, 0.8, 1, 1.4] as const;
const CT_RANGE = [-200, 200] as const;

const range = (values: readonly number[], digits = 2): string =>
  values.length === 0
    ? '-'
    : `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)} (${values.length})`;

for (const modality of modalities) {
  const found = new Map<string, number[]>();
  const note = (name: string, value: number | null | undefined) => {
    if (value != null && Number.isFinite(value)) found.set(name, [...(found.get(name) ?? []), value]);
  };
  for (let seed = from; seed <= to; seed++) {
    const base = baseOf(modality, seed, argument('cache'));
    const data = base.clean.data.map((value, at) => value + base.noise[at]!);
    const noisy: Volume<Float32Array> = { ...base.clean, data };
    const { above } = judgedTissue(modality, noisy);
    for (const name of methodsFor(modality)) {
      const good = await resultOf(modality, seed, name, base, typical(base, above), argument('cache'));
      const sharpness = await relativeSharpness(noisy, good);
      note('sharpness, good', sharpness);
      note(`sharpness, ${name}`, sharpness);
      const residual = await residualOf(evenPlanes(noisy), evenPlanes(good), {
        above,
        range: modality === 'CT' ? CT_RANGE : [above, Number.MAX_VALUE],
      });
      note('beyond-noise, good, %', 100 * residual.beyondNoise);
      note('edge-residual, good', residual.edgeRatio);
      note('bias, good', modality === 'CT' ? residual.bias : (100 * residual.bias) / residual.mean);
      const facts = unknownFacts(modality, 'bench', noisy.unit);
      const frequency = (await measureImages(noisy, good, facts)).find(
        (one) => one.name === 'noise-frequency',
      );
      if (frequency?.before && frequency.after)
        note(`noise-frequency over that of the original, ${name}`, frequency.after / frequency.before);
      for (const pixels of BLURS) {
        const [dx, dy] = good.spacingMm;
        const blurred = await gaussian(good, { sigmaMm: [pixels * dx, pixels * dy, 0] });
        note(`sharpness, blurred by ${pixels} pixels`, await relativeSharpness(noisy, blurred));
      }
    }
  }
  for (const [name, values] of [...found].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${modality} ${name}: ${range(values)}`);
}
