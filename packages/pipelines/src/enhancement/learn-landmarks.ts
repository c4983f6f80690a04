import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { correctBiasField, LANDMARK_PERCENTILES, landmarksOf, meanLandmarks } from '@photopeak/analysis';
import { groupSeries } from '@photopeak/dicom';
import { PhotopeakError, readNifti } from '@photopeak/imaging';
import { collectStudies, isOwnResult } from '../study/index.ts';
import { unknownFacts } from './image-facts.ts';
import { loadImage } from './load-image.ts';
import type { EnhancementImage } from './method.ts';
import { mrHarmonisation } from './methods/mr-harmonisation.ts';

export interface LearnOptions {
  /** Folders with DICOM files, or NIfTI images, of the wanted protocol. */
  readonly inputs: readonly string[];
  /** Only series whose description holds this, in whatever case. */
  readonly description?: string;
  /** As the method does it. Default true. */
  readonly biasField?: boolean;
  readonly signal: AbortSignal;
}

export interface LearnedImage {
  /** Series Instance UID or file name. */
  readonly id: string;
  readonly description: string;
  readonly scanner: string;
  readonly landmarks: readonly number[];
}

export interface LearnedLandmarks {
  readonly percentiles: readonly number[];
  readonly images: readonly LearnedImage[];
  /** What `mr-harmonisation` takes. */
  readonly landmarks: readonly number[];
  /**
   * How far the images differ from one shape: largest standard deviation of a landmark over the images, each brought to
   * one range, as a part of that range. Null for one image.
   */
  readonly spread: number | null;
}

const DIGITS = 5;
const SETTINGS = { biasField: true, splineMm: 200, landmarks: [], pixelMm: 0, sliceMm: 0 };

/**
 * The intensity landmarks of a protocol, from a site's own images of it: those of each image after the correction of its
 * bias field, and their mean. Throws `LEARN_NO_IMAGE` and what reading throws.
 */
export async function learnLandmarks(options: LearnOptions): Promise<LearnedLandmarks> {
  const images: LearnedImage[] = [];
  const wanted = (description: string) =>
    description.toLowerCase().includes((options.description ?? '').toLowerCase());
  for (const input of options.inputs) {
    for await (const { image, id, scanner } of imagesOf(input, options.signal)) {
      const { description } = image.facts;
      if (!wanted(description) || mrHarmonisation.refuses?.(image, SETTINGS) !== undefined) continue;
      const { volume } =
        options.biasField === false
          ? image
          : await correctBiasField(image.volume, { splineMm: SETTINGS.splineMm });
      const landmarks = landmarksOf(volume).map((value) => Number(value.toPrecision(DIGITS)));
      images.push({ id, description, scanner, landmarks });
    }
  }
  if (images.length === 0)
    throw new PhotopeakError('there is no image to learn from', {
      code: 'LEARN_NO_IMAGE',
      expected: 'magnitude MR of the wanted protocol, as DICOM or NIfTI',
      found:
        options.description === undefined ? 'none' : `none whose description holds ${options.description}`,
      where: options.inputs.join(', '),
      remedy: 'give folders with images of the protocol (photopeak inspect lists their series)',
    });
  const found = images.map(({ landmarks }) => landmarks);
  return {
    percentiles: [...LANDMARK_PERCENTILES],
    images,
    landmarks: meanLandmarks(found).map((value) => Number(value.toPrecision(DIGITS))),
    spread: found.length < 2 ? null : spreadOf(found),
  };
}

interface Given {
  readonly image: Omit<EnhancementImage, 'mask'>;
  readonly id: string;
  readonly scanner: string;
}

async function* imagesOf(input: string, signal: AbortSignal): AsyncGenerator<Given> {
  if (/\.nii(\.gz)?$/i.test(input)) {
    const volume = readNifti(await readFile(input));
    const name = path.basename(input);
    // A NIfTI image names no unit of signal, as a magnitude image has none.
    const facts = unknownFacts('MR', name, '1');
    yield { image: { volume, planes: 'slices', facts }, id: name, scanner: '' };
    return;
  }
  const { studies } = await collectStudies(input);
  for (const { instances } of studies)
    for (const series of groupSeries(instances)) {
      const header = series.instances[0]?.dataset;
      if (header === undefined || series.kind !== 'volume' || series.modality !== 'MR') continue;
      if (isOwnResult(header)) continue;
      const { image } = await loadImage(series, signal);
      const scanner = [image.facts.manufacturer, image.facts.model].filter((one) => one !== null).join(' ');
      yield { image, id: series.seriesInstanceUid, scanner };
    }
}

function spreadOf(images: readonly (readonly number[])[]): number {
  const relative = images.map((one) => one.map((value) => (value - one[0]!) / (one.at(-1)! - one[0]!)));
  const spreads = LANDMARK_PERCENTILES.map((_, n) => {
    const values = relative.map((one) => one[n]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  });
  return Number(Math.max(...spreads).toPrecision(3));
}
