// PET denoising and partial-volume correction on simulated whole-body studies: noise and SUV bias of liver, lungs and
// lesions, against the same study without noise; Gaussian smoothing of about the same noise beside it.
//   node bench/enhancement/pet.ts
import { denoisePet } from '@photopeak/analysis';
import { gaussian, type Volume } from '@photopeak/imaging';
import { petctPhantom } from '@photopeak/phantom';
import { mean, timed } from './support.ts';

const seeds = [364, 365, 366];
/** FWHM of the Gaussian beside it, mm. */
const GAUSSIAN_MM = 6;

/** Mean and standard deviation of the error in a mask, as parts of the true mean. */
function errorIn(image: Volume, truth: Volume, at: readonly number[]): { bias: number; sd: number } {
  const level = mean(at.map((n) => truth.data[n]!));
  const errors = at.map((n) => (image.data[n]! - truth.data[n]!) / level);
  const bias = mean(errors);
  return { bias, sd: Math.sqrt(mean(errors.map((error) => (error - bias) ** 2))) };
}

const rows: { ours: number; peer: number; oursLesion: number; peerLesion: number }[] = [];
for (const seed of seeds) {
  const { pet: truth, truth: facts } = petctPhantom({ seed, noise: 0 });
  const { pet } = petctPhantom({ seed });
  const { result, cpuSeconds } = await timed(() => denoisePet(pet));
  const smooth = await gaussian(pet, { sigmaMm: GAUSSIAN_MM / 2.3548 });
  const median = Float32Array.from(truth.data.filter((value) => value > 0)).sort();
  const level = median[median.length >> 1]!;
  const body: number[] = [];
  const lesions: number[] = [];
  truth.data.forEach((value, n) => {
    if (facts.lesionLabels.data[n]! > 0) lesions.push(n);
    else if (value > level) body.push(n);
  });
  const text = (image: Volume) => {
    const inBody = errorIn(image, truth, body);
    const inLesions = errorIn(image, truth, lesions);
    return `noise ${(100 * inBody.sd).toFixed(1)} %, body ${(100 * inBody.bias).toFixed(2)} %, lesions ${(100 * inLesions.bias).toFixed(1)} %`;
  };
  const sd = (image: Volume) => errorIn(image, truth, body).sd;
  const lesion = (image: Volume) => errorIn(image, truth, lesions).bias;
  rows.push({
    ours: sd(result.volume),
    peer: sd(smooth),
    oursLesion: lesion(result.volume),
    peerLesion: lesion(smooth),
  });
  console.log(
    `seed ${seed}: as it is ${text(pet)}; ours ${text(result.volume)}; Gaussian ${GAUSSIAN_MM} mm ${text(smooth)};` +
      ` ${cpuSeconds.toFixed(1)} s`,
  );
}
const percent = (of: keyof (typeof rows)[number]) => (100 * mean(rows.map((row) => row[of]))).toFixed(1);
console.log(
  `PET denoising: error of the body ours ${percent('ours')} %, Gaussian ${percent('peer')} %;` +
    ` bias of lesions ours ${percent('oursLesion')} %, Gaussian ${percent('peerLesion')} %`,
);
