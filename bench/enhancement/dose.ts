// A lower dose simulated from the images of the full dose alone, beside the scan of that dose: standard deviation in
// soft tissue and peak of the noise power spectrum, of torsos and of water with rods, two kernels.
//   node bench/enhancement/dose.ts
import { flatPatches, noiseMap, noisePower, radialNoisePower, simulateDose } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import { lowDoseCt } from '@photopeak/phantom';
import { mean, timed } from './support.ts';

const cases = [
  { seed: 978, object: 'rods', kernel: 'sharp', dose: 0.25 },
  { seed: 979, object: 'torso', kernel: 'soft', dose: 0.25 },
] as const;
/** Electronic noise of the simulated scanner, 8 photons for each of 600 readings a turn, as for 1000 readings. */
const ELECTRONIC_PHOTONS = 8 * Math.sqrt(0.6);

/** Noise in soft tissue away from edges, and the peak of its spectrum. */
function noiseOf(image: Volume, truth: Volume): { sd: number; peak: number } {
  const error = { ...image, data: image.data.map((value, n) => value - truth.data[n]!) } as Volume;
  const tissue: number[] = [];
  truth.data.forEach((hu, n) => {
    if (hu > -150 && hu < 200) tissue.push(n);
  });
  const sd = Math.sqrt(mean(tissue.map((n) => error.data[n]! ** 2)));
  const places = flatPatches(image, {
    size: 32,
    range: [-150, 200],
    map: noiseMap(image, { range: [-200, 200] }),
  });
  const patches = places.map(({ at: [i, j, k] }) => {
    const values = new Float64Array(32 * 32);
    for (let y = 0; y < 32; y++)
      for (let x = 0; x < 32; x++)
        values[x + 32 * y] = error.data[i + x + image.size[0] * (j + y + image.size[1] * k)]!;
    return { values, width: 32, height: 32 };
  });
  if (patches.length === 0) return { sd, peak: Number.NaN };
  const spectrum = radialNoisePower(noisePower(patches, [image.spacingMm[0], image.spacingMm[1]]));
  return { sd, peak: spectrum.peakPerMm };
}

const rows: { sd: number; peak: number }[] = [];
for (const { dose, ...scan } of cases) {
  const { noiseFree, fullDose, lowDose } = lowDoseCt({ ...scan, dose, slices: 4 });
  const { result, cpuSeconds } = await timed(() => simulateDose(fullDose, { dose, seed: 1 }));
  const known = await simulateDose(fullDose, { dose, seed: 1, electronicPhotons: ELECTRONIC_PHOTONS });
  const [source, truth, ours] = [fullDose, lowDose, result.volume].map((image) =>
    noiseOf(image, noiseFree),
  ) as [{ sd: number; peak: number }, { sd: number; peak: number }, { sd: number; peak: number }];
  rows.push({ sd: ours.sd / truth.sd - 1, peak: ours.peak - truth.peak });
  console.log(
    `seed ${scan.seed} ${scan.object} ${scan.kernel}, dose ${100 * dose} %: full dose ${source.sd.toFixed(2)} HU; low dose` +
      ` ${truth.sd.toFixed(2)} HU, peak ${truth.peak.toFixed(3)} mm⁻¹; simulated ${ours.sd.toFixed(2)} HU` +
      ` (${(100 * (ours.sd / truth.sd - 1)).toFixed(1)} %; with the electronics of the scanner` +
      ` ${(100 * (noiseOf(known.volume, noiseFree).sd / truth.sd - 1)).toFixed(1)} %), peak ${ours.peak.toFixed(3)} mm⁻¹;` +
      ` ${result.patches} patches, slices correlated by ${result.sliceCorrelation.toFixed(2)},` +
      ` ${(cpuSeconds / fullDose.size[2]).toFixed(2)} s of processor time a slice`,
  );
}
const worst = (of: 'sd' | 'peak') => Math.max(...rows.map((row) => Math.abs(row[of])));
console.log(
  `simulated dose: SD within ${(100 * worst('sd')).toFixed(1)} % of truth, peak of the NPS within ${worst('peak').toFixed(3)} mm⁻¹`,
);
