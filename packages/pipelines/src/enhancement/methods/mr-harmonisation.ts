import { correctBiasField, LANDMARK_PERCENTILES, landmarksOf, matchLandmarks } from '@photopeak/analysis';
import { resample, type Vec3, type Volume } from '@photopeak/imaging';
import { z } from 'zod';
import { defineMethod, type MethodFact } from '../method.ts';

const parameters = z.strictObject({
  /** Whether the bias field of coils is taken out. */
  biasField: z.boolean().default(true),
  /** Distance of the control points of the first of three levels, mm. */
  splineMm: z.number().min(50).max(1000).default(200),
  /**
   * Values that the percentiles 1, 10, 20, … 90, 99 of the foreground have in the wanted protocol: those that this method
   * tells of an image of it, or their mean over several. Empty: values are not moved.
   */
  landmarks: z.array(z.number().positive()).max(LANDMARK_PERCENTILES.length).default([]),
  /** Pixel spacing and slice distance of the wanted protocol, mm; 0: as they are. */
  pixelMm: z.number().min(0).max(20).default(0),
  sliceMm: z.number().min(0).max(50).default(0),
});

/** Priors look like the current examination: shading, scale of values, spacing. */
export const mrHarmonisation = defineMethod({
  id: 'mr-harmonisation',
  version: '1.0.0',
  task: 'harmonise',
  title: 'Bias field, intensity landmarks and spacing of the wanted protocol',
  modalities: ['MR'],
  parameters,
  intendedUse:
    'Magnitude images of a prior examination shown beside the current one of the same sequence. Not for maps with units, nor for measuring signal.',
  limits: [
    'large lesions and asymmetric anatomy change the percentiles, and with them the scale of everything else',
    'true slow changes of signal over centimetres are taken for shading where the bias field is corrected',
    'landmarks keep the order of values and not their ratios: signal ratios must be measured on the original',
    'a change of sequence, echo time or contrast medium is not undone',
  ],
  refuses: ({ facts, planes }) =>
    planes === 'frames'
      ? 'pictures have no place in space'
      : facts.unit !== '1' || facts.imageType.includes('ADC')
        ? `a magnitude image is needed, not a map (${facts.imageType.join('\\')}, ${facts.unit})`
        : undefined,
  async run({ volume }, { biasField, splineMm, landmarks, pixelMm, sliceMm }, { progress }) {
    const facts: MethodFact[] = [];
    let image: Volume = volume;
    if (biasField) {
      const corrected = await correctBiasField(image, { splineMm });
      image = corrected.volume;
      facts.push({
        name: 'bias field SD',
        value: Number((100 * corrected.fieldSd).toPrecision(3)),
        unit: '%',
      });
    }
    progress(0.7);
    const own = landmarksOf(image).map((value) => Number(value.toPrecision(5)));
    facts.push({ name: 'landmarks', value: own.join(' ') });
    if (landmarks.length > 0) image = matchLandmarks(image, landmarks);
    progress(0.85);
    const grid = gridOf(image, pixelMm, sliceMm);
    if (grid !== undefined) image = await resample(image, { grid, interpolation: 'cubic', type: 'float32' });
    return { volume: image, facts };
  },
});

/** Voxels of other sizes over the same field of view; undefined where the sizes are as wanted. */
function gridOf(volume: Volume, pixelMm: number, sliceMm: number) {
  const wanted = [pixelMm, pixelMm, sliceMm].map((mm, axis) => (mm === 0 ? volume.spacingMm[axis]! : mm));
  if (wanted.every((mm, axis) => Math.abs(mm - volume.spacingMm[axis]!) < 1e-3)) return undefined;
  const size = wanted.map((mm, axis) =>
    Math.max(1, Math.round((volume.size[axis]! * volume.spacingMm[axis]!) / mm)),
  ) as unknown as Vec3;
  // From outer face to outer face, whatever is left over shared by both ends.
  const d = volume.direction;
  const shift = wanted.map(
    (mm, axis) => ((volume.size[axis]! - 1) * volume.spacingMm[axis]! - (size[axis]! - 1) * mm) / 2,
  );
  const origin = [0, 1, 2].map(
    (row) =>
      volume.origin[row]! + [0, 1, 2].reduce((sum, axis) => sum + d[3 * row + axis]! * shift[axis]!, 0),
  ) as unknown as Vec3;
  return { size, spacingMm: wanted as unknown as Vec3, origin, direction: d };
}
