import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type KspaceMethod, kspaceNullSpace, reconstructKspace } from '@photopeak/analysis';
import { type ComplexImage, emptyVolume, writeNifti } from '@photopeak/imaging';
import { textResult } from '../objects/index.ts';
import type { ResultObject } from '../pipeline.ts';
import { NOTICE } from '../study/index.ts';
import { loadKspace } from './load-kspace.ts';
import { KSPACE_RECONSTRUCTED_SCHEMA, type KspaceReconstructed } from './summary.ts';

export interface KspaceRequest {
  readonly file: string;
  /** Without, wavelets where k-space is undersampled, else the sum of squares. */
  readonly method?: KspaceMethod;
  readonly iterations?: number;
  readonly lambda?: number;
}

/** From this share on k-space counts as fully sampled. */
const FULL = 0.999;

function magnitudes({ re, im }: ComplexImage, to: Float32Array, from: number): void {
  for (let n = 0; n < re.length; n++) to[from + n] = Math.hypot(re[n]!, im[n]!);
}

/** Magnitude images from k-space as NIfTI, and of those that fill gaps what the samples do not determine. Throws `KSPACE_*`, `HDF5_*`, `RECONSTRUCTION_INPUT_UNREADABLE`. */
export async function reconstructKspaceFile(
  request: KspaceRequest,
): Promise<{ readonly report: KspaceReconstructed; readonly files: readonly ResultObject[] }> {
  const { slices, fieldOfViewMm } = await loadKspace(request.file);
  const { width, height, coils } = slices[0]!;
  const zeros = reconstructKspace(slices[0]!, { method: 'zero-filled' });
  const method = request.method ?? (zeros.sampled >= FULL ? 'zero-filled' : 'l1-wavelet');
  const spacing = fieldOfViewMm;
  const volume = emptyVolume(
    {
      size: [width, height, slices.length],
      spacingMm: spacing === undefined ? [1, 1, 1] : [spacing[0] / width, spacing[1] / height, spacing[2]],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    },
    'float32',
    '1',
  );
  const { iterations, lambda } = request;
  const options = {
    method,
    ...(iterations === undefined ? {} : { iterations }),
    ...(lambda === undefined ? {} : { lambda }),
  };
  const residuals: number[] = [];
  const hidden = method === 'zero-filled' ? undefined : emptyVolume(volume, 'float32', '1');
  const nullSpaceShares: number[] = [];
  for (const [k, samples] of slices.entries()) {
    const { image, residuals: found } = reconstructKspace(samples, options);
    magnitudes(image, volume.data, k * width * height);
    const last = found.at(-1);
    if (last !== undefined) residuals.push(last);
    if (hidden === undefined) continue;
    const untold = kspaceNullSpace(samples, image);
    nullSpaceShares.push(untold.share);
    magnitudes(untold.image, hidden.data, k * width * height);
  }
  const report: KspaceReconstructed = {
    schema: KSPACE_RECONSTRUCTED_SCHEMA,
    notice: NOTICE,
    input: {
      file: path.basename(request.file),
      sha256: createHash('sha256')
        .update(await readFile(request.file))
        .digest('hex'),
    },
    method,
    size: [width, height, slices.length],
    coils,
    sampled: zeros.sampled,
    residuals,
    nullSpaceShares,
    files: [
      'reconstruction.nii.gz',
      ...(hidden === undefined ? [] : ['null-space.nii.gz']),
      'reconstruction.json',
    ],
  };
  return {
    report,
    files: [
      { output: 'image', fileName: 'reconstruction.nii.gz', kind: 'nifti', bytes: writeNifti(volume) },
      ...(hidden === undefined
        ? []
        : [
            {
              output: 'null-space',
              fileName: 'null-space.nii.gz',
              kind: 'nifti' as const,
              bytes: writeNifti(hidden),
            },
          ]),
      textResult('report', 'reconstruction.json', 'json', JSON.stringify(report, null, 2)),
    ],
  };
}
