import path from 'node:path';
import type { CoilSamples } from '@photopeak/analysis';
import { type Hdf5File, PhotopeakError } from '@photopeak/imaging';
import { openStack } from './stack.ts';

/** K-space of one or more slices, with the size of a pixel where the file states a field of view. */
interface LoadedKspace {
  readonly slices: readonly CoilSamples[];
  readonly fieldOfViewMm?: readonly [number, number, number];
}

function unusable(file: string, expected: string, found: string): PhotopeakError {
  return new PhotopeakError('the k-space cannot be used', {
    code: 'KSPACE_INPUT',
    expected,
    found,
    where: path.basename(file),
    remedy: 'give a complex NumPy array [coil, y, x] or [y, x], or a Cartesian two-dimensional ISMRMRD file',
  });
}

/** Reads a complex NumPy array (coil, y, x) or an ISMRMRD file. Throws `KSPACE_INPUT`, `HDF5_*`. */
export async function loadKspace(file: string): Promise<LoadedKspace> {
  const opened = await openStack(file);
  if (opened.hdf5 !== undefined) return readIsmrmrd(file, opened.hdf5);
  const { shape, data, complex } = opened.stack();
  if (!complex || shape.length < 2 || shape.length > 3)
    throw unusable(
      file,
      'two or three axes of complex numbers',
      `${shape.join(' × ')}${complex ? '' : ', real'}`,
    );
  const [coils, height, width] = (shape.length === 2 ? [1, ...shape] : shape) as [number, number, number];
  return { slices: [{ width, height, coils, data }] };
}

/** What is used of an acquisition (ISMRMRD 1.x, AcquisitionHeader). */
interface Acquisition {
  readonly head: {
    readonly flags: number;
    readonly number_of_samples: number;
    readonly active_channels: number;
    readonly center_sample: number;
    readonly discard_pre: number;
    readonly discard_post: number;
    readonly idx: {
      readonly kspace_encode_step_1: number;
      readonly kspace_encode_step_2: number;
      readonly slice: number;
      readonly contrast: number;
      readonly repetition: number;
    };
  };
  readonly data: Float32Array;
}

/** Bits of `flags` (from 1): lines that are no image data. */
const NOT_IMAGE = [19, 23, 24, 25] as const;

function readIsmrmrd(file: string, hdf5: Hdf5File): LoadedKspace {
  const group = hdf5.paths.find((name) => name.endsWith('/xml'))?.slice(0, -'/xml'.length);
  if (group === undefined || !hdf5.paths.includes(`${group}/data`))
    throw unusable(file, 'an ISMRMRD group with xml and data', hdf5.paths.join(', '));
  const header = String(hdf5.dataset(`${group}/xml`).values()[0]);
  const encoded = /<encodedSpace>([\s\S]*?)<\/encodedSpace>/.exec(header)?.[1] ?? '';
  const numbers = (element: string) => {
    const text = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(encoded)?.[1] ?? '';
    return ['x', 'y', 'z'].map((axis) => Number(new RegExp(`<${axis}>([^<]*)`).exec(text)?.[1] ?? 0));
  };
  const [width, height, depth] = numbers('matrixSize') as [number, number, number];
  const trajectory = /<trajectory>([^<]*)/.exec(header)?.[1]?.trim().toLowerCase() ?? 'cartesian';
  if (trajectory !== 'cartesian' || depth > 1 || !(width > 0 && height > 0))
    throw unusable(
      file,
      'a Cartesian matrix of one partition',
      `${trajectory}, ${width} × ${height} × ${depth}`,
    );
  const center = Number(
    /<kspace_encoding_step_1>[\s\S]*?<center>(\d+)/.exec(header)?.[1] ?? Math.floor(height / 2),
  );

  const all = hdf5.dataset(`${group}/data`).values() as Acquisition[];
  const rows = all.filter(
    ({ head: { flags, idx } }) =>
      NOT_IMAGE.every((bit) => Math.floor(flags / 2 ** (bit - 1)) % 2 === 0) &&
      idx.contrast === 0 &&
      idx.repetition === 0,
  );
  const coils = Math.max(0, ...rows.map(({ head }) => head.active_channels));
  if (coils === 0 || rows.some(({ head }) => head.active_channels !== coils))
    throw unusable(file, 'the same coils in every line', `up to ${coils}`);
  const slices = new Map<number, Float32Array>();
  for (const { head, data } of rows) {
    const { number_of_samples: samples, idx } = head;
    if (idx.kspace_encode_step_2 > 0) throw unusable(file, 'one partition', 'a second phase encoding');
    const y = idx.kspace_encode_step_1 - center + Math.floor(height / 2);
    if (y < 0 || y >= height || data.length !== 2 * samples * coils)
      throw unusable(
        file,
        `lines within ${width} × ${height}`,
        `line ${idx.kspace_encode_step_1} of ${samples} samples`,
      );
    const plane = slices.get(idx.slice) ?? new Float32Array(2 * width * height * coils);
    slices.set(idx.slice, plane);
    for (let coil = 0; coil < coils; coil++) {
      for (let s = head.discard_pre; s < samples - head.discard_post; s++) {
        const x = s - head.center_sample + Math.floor(width / 2);
        if (x < 0 || x >= width) continue;
        const to = 2 * (x + width * (y + height * coil));
        plane[to] = data[2 * (s + samples * coil)]!;
        plane[to + 1] = data[2 * (s + samples * coil) + 1]!;
      }
    }
  }
  const [fx, fy, fz] = numbers('fieldOfView_mm') as [number, number, number];
  return {
    slices: [...slices.entries()]
      .sort(([a], [b]) => a - b)
      .map(([, data]) => ({ width, height, coils, data })),
    ...(fx > 0 && fy > 0 ? { fieldOfViewMm: [fx, fy, fz > 0 ? fz : 1] } : {}),
  };
}
