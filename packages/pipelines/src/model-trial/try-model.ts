import { performance } from 'node:perf_hooks';
import { createVolume, type Grid, type Volume, voxelCount, writeNifti } from '@photopeak/imaging';
import {
  type ModelManifest,
  type ModelResult,
  type OnnxFacts,
  type OpenModelOptions,
  openModel,
  openPackage,
} from '@photopeak/models';
import { loadImage } from '../image-registration/load.ts';
import { dicomExchange } from '../model-run/index.ts';
import type { Finding } from '../pipeline.ts';
import type { ModelTrial } from './schema.ts';

export interface ModelTrialInput {
  /** Folder of the model package. */
  readonly folder: string;
  /** Folder with DICOM files, or a NIfTI file; without it a small image of noise. */
  readonly image?: string;
  readonly seriesInstanceUid?: string;
  /** Device, threads, container engine and whatever else opening a model takes. */
  readonly runtime?: OpenModelOptions;
}

export interface ModelTrialResult {
  readonly trial: ModelTrial;
  /** What the model gave, as NIfTI. */
  readonly files: readonly { readonly fileName: string; readonly bytes: Uint8Array }[];
}

/**
 * Opens a model package, loads its network and runs it once: on an image, or on noise to see that shapes and types
 * fit. Throws what `openPackage`, `openModel` and `inferVolume` throw.
 */
export async function tryModel(input: ModelTrialInput): Promise<ModelTrialResult> {
  const opened = await openPackage(input.folder);
  const { manifest, digest, network: described } = opened;
  const { runtime } = manifest;
  const findings: Finding[] = [];
  const given =
    input.image === undefined ? undefined : await loadImage(input.image, input.seriesInstanceUid, findings);
  const image = given?.volume ?? noise(manifest);
  const started = performance.now();
  // Whoever tries a package on the command line could run its program as well.
  await using model = await openModel(opened, { ...input.runtime, allowPrograms: true });
  const loaded = performance.now();
  const results = await model.infer(
    imagesFor(manifest, image),
    given?.series === undefined ? {} : { dicom: dicomExchange(manifest, given.series, image) },
  );
  const ended = performance.now();
  return {
    trial: {
      schema: 'photopeak/model-trial/1',
      model: {
        id: manifest.id,
        version: manifest.version,
        title: manifest.title,
        task: manifest.task,
        digest,
      },
      network: described === undefined ? null : networkFacts(described.facts),
      runtime: {
        provider: model.provider,
        passedOver: [...model.passedOver],
        version: model.runtimeVersion,
        optimisation: runtime.kind === 'onnx' ? runtime.optimisation : null,
      },
      image: { size: [...image.size], spacingMm: [...image.spacingMm], isNoise: input.image === undefined },
      outputs: results.map(told),
      loadSeconds: (loaded - started) / 1000,
      runSeconds: (ended - loaded) / 1000,
      peakMemoryMb: model.peakMemoryMb,
      findings,
    },
    files: results.flatMap((result, index) => {
      if (result.kind === 'scalar') return [];
      const volume = result.kind === 'image' ? result.volume : result.labels;
      return [{ fileName: `output-${index + 1}-${result.kind}.nii.gz`, bytes: writeNifti(volume) }];
    }),
  };
}

const networkFacts = ({ operators, inputs, outputs }: OnnxFacts) => ({
  operators: [...operators],
  inputs: inputs.map(({ name, shape }) => ({ name, shape: [...shape] })),
  outputs: outputs.map(({ name, shape }) => ({ name, shape: [...shape] })),
});

/** Every image that the manifest names is the one that was given: enough to see whether it runs. */
const imagesFor = (manifest: ModelManifest, image: Volume) =>
  Object.fromEntries(
    manifest.input.flatMap(({ channels }) => channels.map(({ image: name }) => [name, image] as const)),
  );

const SMALL = 48;

/** Numbers between −1000 and 1000 that look like noise and are always the same. */
function noise({ input: [first] }: ModelManifest): Volume<Float32Array> {
  const patch = first?.patch;
  const size = [0, 1, 2].map((axis) =>
    Math.max(axis === 2 ? 4 : SMALL, patch?.[axis] ?? 0),
  ) as unknown as Grid['size'];
  const grid: Grid = {
    size,
    spacingMm: [1, 1, 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
  const data = new Float32Array(voxelCount(grid));
  let state = 1;
  for (let n = 0; n < data.length; n++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[n] = (state / 2 ** 32) * 2000 - 1000;
  }
  return createVolume(grid, data, "[hnsf'U]");
}

function told(result: ModelResult): ModelTrial['outputs'][number] {
  if (result.kind === 'scalar') return { kind: 'scalar', values: [...result.values] };
  if (result.kind === 'labels') {
    const voxels: Record<string, number> = {};
    for (const label of result.labels.data) if (label !== 0) voxels[label] = (voxels[label] ?? 0) + 1;
    return { kind: 'labels', size: [...result.labels.size], voxels, confidence: { ...result.confidence } };
  }
  const { data, size, spacingMm } = result.volume;
  let [least, most, sum, bad] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) {
      bad++;
      continue;
    }
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
  }
  return {
    kind: 'image',
    size: [...size],
    spacingMm: [...spacingMm],
    least,
    most,
    mean: sum / Math.max(1, data.length - bad),
    notFinite: bad,
  };
}
