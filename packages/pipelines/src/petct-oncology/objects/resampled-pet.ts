import type { Deformation, SuvResult } from '@photopeak/analysis';
import { buildDerivedSeries, type Dataset, dcm } from '@photopeak/dicom';
import { resample, type Volume } from '@photopeak/imaging';
import type { Source } from '../../objects/index.ts';
import { type Finished, finish } from '../../objects/index.ts';
import { algorithmOf, type Identity, objectContext } from './context.ts';

/** The PET on the voxels of the CT, in the unit it has; zero outside the PET. */
export function petOnCt(
  pet: Volume,
  ct: Volume,
  { pull, field }: Deformation,
): Promise<Volume<Float32Array>> {
  return resample(pet, {
    grid: ct,
    transform: pull,
    ...(field === undefined ? {} : { field }),
    interpolation: 'linear',
    outside: 0,
    type: 'float32',
  });
}

/** A resampled slice mixes its neighbours: it has no stored unit where the SUV factor differs from slice to slice. */
export function hasOneFactor(suv: SuvResult | null): boolean {
  return suv?.status !== 'ok' || (!suv.perSlice && suv.factors.bw !== undefined);
}

/**
 * The PET on the grid of the CT as a derived PET series in the series' own unit, so that SUV follows from it as from
 * the original. `onCt` is in SUV where `suv` is known; it is turned back in place. Needs `hasOneFactor`.
 */
export function resampledPet(
  identity: Identity,
  sources: { readonly ct: Source; readonly pet: Source },
  pet: Volume,
  onCt: Volume<Float32Array>,
  suv: SuvResult | null,
  isDeformed: boolean,
): { readonly files: readonly Finished[]; readonly header: Dataset } {
  const factor = suv?.status === 'ok' ? (suv.factors.bw ?? 1) : 1;
  for (let index = 0; index < onCt.data.length; index++) onCt.data[index] = (onCt.data[index] ?? 0) / factor;
  const algorithm = algorithmOf(identity, 'PET resampling', ['linear interpolation']);
  const datasets = buildDerivedSeries({
    context: objectContext(identity, 'resampled-pet', sources.pet.images.header, [algorithm]),
    source: { grid: pet, headers: sources.pet.headers },
    volume: onCt,
    derivations: [dcm.spatialResampling],
    derivationDescription: `PET ${isDeformed ? 'deformed and ' : ''}resampled linearly to the grid of the CT; values unchanged in unit and scale`,
    target: sources.ct.images.header,
    scale: 'spread',
  });
  const files = datasets.map((dataset, index) =>
    finish(
      'resampled-pet',
      `resampled-pet/${String(index + 1).padStart(4, '0')}.dcm`,
      dataset,
      sources.pet.images.header,
    ),
  );
  return { files, header: datasets[0]! };
}
