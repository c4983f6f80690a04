import type { SuvFactors } from '@photopeak/analysis';
import { buildDerivedSeries, dcm } from '@photopeak/dicom';
import { invert, type Mat4, PhotopeakError, resample, type Volume } from '@photopeak/imaging';
import { algorithmOf, type Identity, objectContext } from './context.ts';
import { type Finished, finish } from './finish.ts';
import type { Source } from './source.ts';

/**
 * The PET on the grid of the CT as a derived PET series in the PET's own unit. Needs one factor for all slices, since
 * a resampled slice mixes its neighbours.
 */
export async function resampledPet(
  identity: Identity,
  sources: { readonly ct: Source; readonly pet: Source },
  volumes: { readonly ct: Volume; readonly pet: Volume },
  petToCt: Mat4,
  suv: SuvFactors,
): Promise<Finished[]> {
  const factor = suv.factors.bw;
  if (factor === undefined || suv.perSlice) {
    throw new PhotopeakError('the PET cannot be resampled in its own unit', {
      code: 'RESAMPLE_FACTOR_PER_SLICE',
      expected: 'one SUV factor for all slices',
      found: 'a factor that differs from slice to slice',
      remedy: 'run without the resampled PET',
    });
  }
  const onCt = await resample(volumes.pet as Volume<Float32Array>, {
    grid: volumes.ct,
    transform: invert(petToCt),
    interpolation: 'linear',
    outside: 0,
  });
  for (let index = 0; index < onCt.data.length; index++) onCt.data[index] = (onCt.data[index] ?? 0) / factor;
  const algorithm = algorithmOf(identity, 'PET resampling', ['linear interpolation']);
  const datasets = buildDerivedSeries({
    context: objectContext(identity, 'resampled-pet', sources.pet.images.header, [algorithm]),
    source: { grid: volumes.pet, headers: sources.pet.headers },
    volume: { ...onCt, unit: 'Bq/ml' },
    derivations: [dcm.spatialResampling],
    derivationDescription: 'PET resampled linearly to the grid of the CT; values unchanged in unit and scale',
    target: sources.ct.images.header,
    scale: 'spread',
  });
  return datasets.map((dataset, index) =>
    finish(
      'resampled-pet',
      `resampled-pet/${String(index + 1).padStart(4, '0')}.dcm`,
      dataset,
      sources.pet.images.header,
    ),
  );
}
