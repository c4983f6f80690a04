import { PhotopeakError, sameGrid, type Volume } from '@photopeak/imaging';
import { type ModelManifest, type OpenModelOptions, openModel, openPackage } from '@photopeak/models';
import { encodePng } from '../captures/index.ts';
import { inferImage } from '../model-run/index.ts';
import { collectCases } from './cases.ts';
import { valuePanel, type Window, windowOf } from './pictures.ts';

/** One case of a reader study: planes of both arms, drawn alike. */
export interface ReaderCase {
  /** Series Instance UID or file name; readers do not see it. */
  readonly id: string;
  readonly a: readonly Uint8Array[];
  readonly b: readonly Uint8Array[];
  readonly display: ReaderDisplay;
}

/** What the pixels of both arms mean, and how they are seen first. */
export interface ReaderDisplay {
  /** Values of the smallest and the largest pixel. */
  readonly range: Window;
  readonly window: Window;
  /** UCUM. */
  readonly unit: string;
}

/** Air to dense bone, HU: what is brighter is metal. */
const CT_RANGE = [-1024, 3071] as const;

/** At most so many planes of a case are shown, evenly spread. */
const MOST_PLANES = 40;
const SIDE = 512;

/**
 * Pictures of each case for blinded reading: arm a, the original or a model, and arm b, a model, with range and window of
 * the original for both, so that nothing but the image differs. Throws
 * `READER_STUDY_NO_PICTURE` and what `validateModel` throws.
 */
export async function* readerCases(input: {
  readonly cases: string;
  /** Folder of a model package; absent: the original. */
  readonly a?: string;
  readonly b: string;
  readonly runtime?: OpenModelOptions;
}): AsyncGenerator<ReaderCase> {
  const b = await openPackage(input.b);
  const a = input.a === undefined ? undefined : await openPackage(input.a);
  await using modelB = await openModel(b, input.runtime);
  await using modelA = a === undefined ? undefined : await openModel(a, input.runtime);
  for (const one of await collectCases(input.cases, b.manifest)) {
    const { volume, facts } = await one.load();
    const window = windowOf(volume, facts);
    const run = async ({ manifest }: typeof b, model: typeof modelB): Promise<Volume> => {
      const results = await inferImage({ manifest, model }, volume, one.series);
      const image = results.find((result) => result.kind === 'image');
      if (image?.kind !== 'image') throw noPicture(manifest, `no image of ${one.id}`);
      if (!sameGrid(image.volume, volume)) throw noPicture(manifest, `another grid than that of ${one.id}`);
      return image.volume;
    };
    const armB = await run(b, modelB);
    const armA = a === undefined || modelA === undefined ? volume : await run(a, modelA);
    const planes = planesOf(volume.size[2]);
    const range = volume.unit === "[hnsf'U]" ? CT_RANGE : rangeOf(volume, planes);
    const drawn = (arm: Volume) => planes.map((k) => encodePng(valuePanel(arm, k, range, SIDE)));
    const display = { range, window, unit: volume.unit };
    yield { id: one.id, a: drawn(armA), b: drawn(armB), display };
  }
}

/** The original in the place of a result would be read as the result. */
const noPicture = ({ id, version }: ModelManifest, found: string) =>
  new PhotopeakError('the result of a model cannot be read beside the original', {
    code: 'READER_STUDY_NO_PICTURE',
    expected: 'an image on the grid of the case',
    found,
    where: `${id}@${version}`,
    remedy: 'choose a model whose output has the kind image and the grid of its input',
  });

/** Smallest and largest value of the planes that are shown. */
function rangeOf({ data, size }: Volume, planes: readonly number[]): Window {
  const area = size[0] * size[1];
  let [low, high] = [Infinity, -Infinity];
  for (const k of planes)
    for (let at = k * area; at < (k + 1) * area; at++) {
      low = Math.min(low, data[at]!);
      high = Math.max(high, data[at]!);
    }
  return [low, high > low ? high : low + 1];
}

function planesOf(count: number): number[] {
  const shown = Math.min(count, MOST_PLANES);
  return Array.from({ length: shown }, (_, n) => Math.floor(((n + 0.5) * count) / shown));
}
