import type { SuvFactors } from '@photopeak/analysis';
import type { Series, SeriesVolume } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';

export const SUV_UNIT = 'g/ml{SUVbw}';

/**
 * Turns the rescaled values of a PET into SUVbw in place and returns the volume with its new unit. Each plane has the
 * factor of its own slice.
 */
export function toSuvInPlace(series: Series, loaded: SeriesVolume, suv: SuvFactors): Volume<Float32Array> {
  const { volume } = loaded;
  const data = volume.data instanceof Float32Array ? volume.data : Float32Array.from(volume.data);
  const factors = new Map(
    series.slices.map((slice, index) => [
      `${slice.instance.sopInstanceUid} ${slice.frame + 1}`,
      suv.bwPerSlice[index] ?? Number.NaN,
    ]),
  );
  const area = volume.size[0] * volume.size[1];
  const first = suv.bwPerSlice[0] ?? Number.NaN;
  const perPlane = new Float64Array(volume.size[2]).fill(first);
  for (const slice of loaded.slices) {
    perPlane[slice.index] = factors.get(`${slice.sopInstanceUid} ${slice.frameNumber}`) ?? first;
  }
  for (let k = 0; k < perPlane.length; k++) {
    const factor = perPlane[k] ?? first;
    for (let index = k * area; index < (k + 1) * area; index++) data[index] = (data[index] ?? 0) * factor;
  }
  return { ...volume, data, unit: SUV_UNIT };
}
