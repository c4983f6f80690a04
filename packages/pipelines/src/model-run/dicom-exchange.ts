import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type Code,
  createPseudonyms,
  type DeidentificationProfile,
  deidentifyPart10,
  groupSeries,
  loadSeriesVolume,
  readFilePart10,
  readSegmentation,
  type Series,
  scanFolder,
  suvOptions,
} from '@photopeak/dicom';
import { createVolume, gridOf, PhotopeakError, type Volume } from '@photopeak/imaging';
import { type FolderExchange, imageOn, type ModelManifest, type ModelResult } from '@photopeak/models';

/** What quantification needs stays; who the patient is does not reach a model. */
const PROFILE: DeidentificationProfile = { options: suvOptions };

type Labels = Extract<ModelManifest['output'][number], { kind: 'labels' }>;

const wrong = (expected: string, found: string) =>
  new PhotopeakError('the program of the model did not write what model.yaml says', {
    code: 'MODEL_OUTPUT_SHAPE',
    expected,
    found,
    remedy: 'let it write one DICOM SEG with the codes of model.yaml, or one series of images',
  });

/**
 * A series as DICOM files without what identifies the patient (Basic Profile of PS3.15 annex E; weight, times and
 * vendors' factors stay), and one DICOM SEG or one series as the answer.
 */
export function dicomExchange(manifest: ModelManifest, series: Series, volume: Volume): FolderExchange {
  const [first] = series.instances;
  // The same series gets the same pseudonyms, so that a program that looks at them does the same again.
  const key = createHash('sha256')
    .update(`${series.seriesInstanceUid} ${first?.sopInstanceUid ?? ''}`)
    .digest('hex');
  const pseudonyms = createPseudonyms(key);
  return {
    files: { input: '', output: 'output.dcm' },
    async write(folder) {
      await mkdir(folder, { recursive: true });
      for (const [index, instance] of series.instances.entries()) {
        const { bytes } = await deidentifyPart10(readFilePart10(instance.path), PROFILE, { pseudonyms });
        await writeFile(path.join(folder, `${String(index + 1).padStart(5, '0')}.dcm`), bytes);
      }
    },
    async read(folder) {
      const [output, ...more] = manifest.output;
      if (output === undefined || more.length > 0) throw wrong('one output', `${manifest.output.length}`);
      if (output.kind === 'labels') return [await labelsOf(folder, output, volume)];
      if (output.kind === 'image') return [await imageOn(volume, await imageOf(folder), output)];
      throw wrong('an output of the kind image or labels', output.kind);
    },
  };
}

/** Whether two codes name the same: DICOM sees SRT and SCT as other schemes, and so do we. */
const same = (a: Code | undefined, b: { readonly value: string; readonly scheme: string } | undefined) =>
  a === undefined || b === undefined ? a === b : a.value === b.value && a.scheme === b.scheme;

async function labelsOf(folder: string, { labels: named }: Labels, volume: Volume): Promise<ModelResult> {
  const files = (await readdir(folder)).filter((name) => /\.dcm$/i.test(name));
  const [file] = files;
  if (file === undefined || files.length > 1) throw wrong('one DICOM SEG (.dcm)', `${files.length} files`);
  const segmentation = await readSegmentation(readFilePart10(path.join(folder, file)));
  const data = new Uint16Array(volume.data.length);
  for (const { number, type, typeModifiers } of segmentation.segments) {
    const found = Object.entries(named).find(
      ([, label]) => same(type, label.type) && same(typeModifiers?.[0], label.modifier),
    );
    if (found === undefined) continue;
    const mask = await segmentation.mask(number, { grid: volume });
    const value = Number(found[0]);
    for (let n = 0; n < data.length; n++) if (mask.data[n] !== 0) data[n] = value;
  }
  return { kind: 'labels', labels: createVolume(gridOf(volume), data, '1'), confidence: {} };
}

async function imageOf(folder: string): Promise<Volume> {
  const { instances } = await scanFolder(folder);
  const volumes = groupSeries(instances).filter(({ kind }) => kind === 'volume');
  const [only] = volumes;
  if (only === undefined || volumes.length > 1)
    throw wrong('one series of images', `${volumes.length} series`);
  return (await loadSeriesVolume(only)).volume;
}
