import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  createVolume,
  gridOf,
  PhotopeakError,
  readNifti,
  resample,
  sameGrid,
  type Volume,
  writeNifti,
} from '@photopeak/imaging';
import type { ModelManifest, ModelOutput } from '../manifest/schema.ts';
import type { ModelImages } from '../volumes/prepare.ts';
import type { ModelResult } from '../volumes/sinks.ts';

/** How images and results lie in the folders of a program. */
export interface FolderExchange {
  readonly files: { readonly input: string; readonly output: string };
  /** Attributes of the patient that are in what is written; they are kept out of errors. */
  readonly hide?: readonly string[];
  write(folder: string): Promise<void>;
  read(folder: string): Promise<readonly ModelResult[]>;
}

/** As nnU-Net names the channels of a case: `image_0000.nii.gz`, `image_0001.nii.gz`, … in the order of the manifest. */
const channelFile = (index: number) => `image_${String(index).padStart(4, '0')}.nii.gz`;
const IS_NIFTI = /\.nii(\.gz)?$/i;

const wrong = (found: string, expected: string) =>
  new PhotopeakError('the program of the model did not write what model.yaml says', {
    code: 'MODEL_OUTPUT_SHAPE',
    expected,
    found,
    remedy: 'let it write to {output}; with several outputs, files with the names of output.tensor',
  });

/** Images as NIfTI, without any attribute of a patient, as they are; results as NIfTI, numbers as JSON. */
export function niftiExchange(manifest: ModelManifest, images: ModelImages): FolderExchange {
  const names = [...new Set(manifest.input.flatMap(({ channels }) => channels.map(({ image }) => image)))];
  const [first = 'image'] = names;
  const original = imageNamed(images, first);
  const isScalar = manifest.output[0]?.kind === 'scalar';
  return {
    files: { input: channelFile(0), output: isScalar ? 'output.json' : 'output.nii.gz' },
    async write(folder) {
      await mkdir(folder, { recursive: true });
      for (const [index, name] of names.entries())
        await writeFile(path.join(folder, channelFile(index)), writeNifti(imageNamed(images, name)));
    },
    async read(folder) {
      const results: ModelResult[] = [];
      for (const output of manifest.output)
        results.push(await readOutput(folder, output, manifest.output.length, original));
      return results;
    },
  };
}

function imageNamed(images: ModelImages, name: string): Volume {
  const image = images[name];
  if (image !== undefined) return image;
  throw new PhotopeakError('an image that the model needs is missing', {
    code: 'MODEL_INPUT_MISSING',
    expected: name,
    found: Object.keys(images).join(', '),
    remedy: 'give it beside the image, or use a model that does without',
  });
}

async function readOutput(
  folder: string,
  output: ModelOutput,
  outputs: number,
  original: Volume,
): Promise<ModelResult> {
  const isScalar = output.kind === 'scalar';
  const isOne = (name: string) => (isScalar ? /\.json$/i.test(name) : IS_NIFTI.test(name));
  const all = (await readdir(folder)).filter(isOne).sort();
  const file =
    outputs === 1
      ? all[0]
      : all.find((name) => name.replace(isScalar ? /\.json$/i : IS_NIFTI, '') === output.tensor);
  const kind = isScalar ? 'JSON file' : 'NIfTI file (.nii, .nii.gz)';
  if (file === undefined || (outputs === 1 && all.length > 1))
    throw wrong(
      all.length === 0 ? 'none' : all.join(', '),
      outputs === 1 ? `one ${kind}` : `a ${kind} named ${output.tensor}`,
    );
  const bytes = await readFile(path.join(folder, file));
  if (output.kind === 'scalar') return { kind: 'scalar', values: scalars(bytes.toString('utf8'), output) };
  let volume: Volume;
  try {
    volume = readNifti(bytes);
  } catch (error) {
    throw wrong(
      `a file that cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      kind,
    );
  }
  if (output.kind === 'labels') return labelsOn(original, volume, output);
  if (output.kind === 'image') return imageOn(original, volume, output);
  throw wrong('a displacement field', 'image, labels or scalar');
}

function scalars(text: string, { values }: Extract<ModelOutput, { kind: 'scalar' }>): number[] {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    throw wrong('no JSON', 'an object of names and numbers');
  }
  const table = typeof told === 'object' && told !== null ? (told as Record<string, unknown>) : {};
  return values.map(({ name }) => {
    const value = table[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw wrong(`${name}: ${typeof value}`, `a number for ${name}`);
  });
}

/** Labels on the grid of the image; values that model.yaml does not name are background. */
export async function labelsOn(
  original: Volume,
  map: Volume,
  { labels: named }: Extract<ModelOutput, { kind: 'labels' }>,
): Promise<ModelResult> {
  const onGrid = sameGrid(map, original)
    ? map
    : await resample(map, { grid: original, interpolation: 'nearest', outside: 0 });
  const { data } = onGrid;
  const labels = new Uint16Array(data.length);
  for (let at = 0; at < data.length; at++) labels[at] = named[data[at]!] === undefined ? 0 : data[at]!;
  return { kind: 'labels', labels: createVolume(gridOf(original), labels, '1'), confidence: {} };
}

/** An image as it came where it is finer on purpose, else on the grid of the one that was given. */
export async function imageOn(
  original: Volume,
  image: Volume,
  { residual, scale, scalePlanes }: Extract<ModelOutput, { kind: 'image' }>,
): Promise<ModelResult> {
  const isFiner = scale > 1 || scalePlanes > 1;
  const onGrid =
    isFiner || sameGrid(image, original)
      ? image
      : await resample(image, { grid: original, interpolation: 'linear' });
  const data = Float32Array.from(onGrid.data as ArrayLike<number>);
  const sign = residual === 'add' ? 1 : residual === 'subtract' ? -1 : 0;
  if (sign !== 0 && data.length !== original.data.length)
    throw wrong(
      `${onGrid.size.join(' × ')}`,
      `a correction on the grid of the image, ${original.size.join(' × ')}`,
    );
  if (sign !== 0) for (let n = 0; n < data.length; n++) data[n] = original.data[n]! + sign * data[n]!;
  return { kind: 'image', volume: createVolume(gridOf(onGrid), data, original.unit) };
}
