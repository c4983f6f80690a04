import type { Volume } from '@photopeak/imaging';
import { decodeFrame, type ImageFile } from '../../codecs/index.ts';
import { type Dataset, UID } from '../../data/index.ts';
import { objectError } from '../common/index.ts';
import type { Dose, WrittenDvh } from './dose.ts';
import { type DoseSlice, dosePlanes } from './planes.ts';

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };

/**
 * Reads an RT Dose of any writer: 16 or 32 bit, any orientation, planes in any order and at uneven distances, with
 * the dose-volume histograms that it brings.
 *
 * @throws PhotopeakError OBJECT_KIND_UNEXPECTED, OBJECT_INCOMPLETE, and what decoding frames throws
 */
export async function readDose(file: ImageFile): Promise<Dose> {
  const { dataset } = file;
  const sopClass = dataset.text('SOPClassUID');
  if (sopClass !== UID.RTDoseStorage) {
    throw objectError('OBJECT_KIND_UNEXPECTED', 'The object is not an RT Dose', {
      expected: UID.RTDoseStorage,
      found: sopClass ?? 'no SOP class',
    });
  }
  const scaling = dataset.number('DoseGridScaling');
  if (scaling === undefined || !(scaling > 0)) {
    throw objectError('OBJECT_INCOMPLETE', 'The dose has no scaling, so that its values mean nothing', {
      where: 'DoseGridScaling (3004,000E)',
      expected: 'a number above zero',
      found: String(scaling),
    });
  }
  const frameCount = dataset.number('NumberOfFrames') ?? 1;
  const { grid, slices, findings } = dosePlanes(dataset, frameCount);
  const units = dataset.text('DoseUnits') ?? '';
  const notes = [...findings];
  if (units === '') notes.push('the dose does not say its unit; Gy is assumed');
  const type = dataset.text('DoseType') ?? '';
  if (type === 'ERROR') notes.push('the object holds differences of doses, not a dose');
  const references = (keyword: 'ReferencedStructureSetSequence' | 'ReferencedRTPlanSequence') =>
    dataset.items(keyword).map((item) => ({
      sopClassUid: item.text('ReferencedSOPClassUID') ?? '',
      sopInstanceUid: item.text('ReferencedSOPInstanceUID') ?? '',
    }));
  return {
    volume: {
      ...grid,
      data: await values(file, slices, grid.size[0] * grid.size[1], scaling),
      unit: units === 'RELATIVE' ? '1' : 'Gy',
    } satisfies Volume<Float32Array>,
    units,
    type,
    summationType: dataset.text('DoseSummationType') ?? '',
    ...optional('comment', dataset.text('DoseComment')),
    ...optional('frameOfReferenceUid', dataset.text('FrameOfReferenceUID')),
    sopInstanceUid: dataset.text('SOPInstanceUID') ?? '',
    structureSets: references('ReferencedStructureSetSequence'),
    plans: references('ReferencedRTPlanSequence'),
    dvhs: dataset.items('DVHSequence').map((item) => readDvh(item, notes)),
    findings: notes,
  };
}

/** Scaled values of the slices, each between two frames. */
async function values(
  file: ImageFile,
  slices: readonly DoseSlice[],
  area: number,
  scaling: number,
): Promise<Float32Array> {
  const data = new Float32Array(area * slices.length);
  const frame = async (index: number) => (await decodeFrame(file, index, { colour: 'stored' })).data;
  for (const [k, { below, above, share }] of slices.entries()) {
    const lower = await frame(below);
    const upper = share === 0 ? lower : await frame(above);
    const out = data.subarray(k * area, (k + 1) * area);
    for (let n = 0; n < area; n++) out[n] = (lower[n]! * (1 - share) + upper[n]! * share) * scaling;
  }
  return data;
}

/** Item of DVH Sequence (3004,0050). DVH Data are pairs of a bin's width and its volume. */
function readDvh(item: Dataset, notes: string[]): WrittenDvh {
  const pairs = item.numbers('DVHData');
  const count = Math.floor(pairs.length / 2);
  const declared = item.number('DVHNumberOfBins');
  if (declared !== undefined && declared !== count)
    notes.push('a histogram has another number of bins than declared');
  const scaling = item.number('DVHDoseScaling') ?? 1;
  const edges = new Float64Array(count);
  const volumes = new Float64Array(count);
  let edge = 0;
  for (let bin = 0; bin < count; bin++) {
    edge += pairs[2 * bin]! * scaling;
    edges[bin] = edge;
    volumes[bin] = pairs[2 * bin + 1]!;
  }
  const regions = item.items('DVHReferencedROISequence');
  const numbersOf = (contribution: string) =>
    regions
      .filter((region) => (region.text('DVHROIContributionType') ?? 'INCLUDED') === contribution)
      .flatMap((region) => region.number('ReferencedROINumber') ?? []);
  const type = item.text('DVHType');
  return {
    roiNumbers: numbersOf('INCLUDED'),
    excludedRoiNumbers: numbersOf('EXCLUDED'),
    type: type === 'DIFFERENTIAL' || type === 'NATURAL' ? type : 'CUMULATIVE',
    doseUnits: item.text('DoseUnits') ?? '',
    volumeUnits: item.text('DVHVolumeUnits') ?? '',
    edges,
    volumes,
    ...optional('minimum', item.number('DVHMinimumDose')),
    ...optional('maximum', item.number('DVHMaximumDose')),
    ...optional('mean', item.number('DVHMeanDose')),
  };
}
