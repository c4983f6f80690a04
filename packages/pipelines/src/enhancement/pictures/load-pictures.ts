import { tissueOf } from '@photopeak/analysis';
import { type Dataset, decodeFrames, type Instance, imagePixel, readFilePart10 } from '@photopeak/dicom';
import { createVolume, PhotopeakError } from '@photopeak/imaging';
import { imageFacts } from '../image-facts.ts';
import type { EnhancementImage } from '../method.ts';
import { tissueRegions } from './regions.ts';

export interface LoadedPictures {
  readonly image: EnhancementImage & { readonly mask: Uint8Array };
  readonly header: Dataset;
  /** All frames as they are shown: grey, or red, green, blue of each pixel. */
  readonly pixels: Uint8Array;
  readonly samples: 1 | 3;
  /** Whether the header says where tissue is; if not, it was looked for in the pictures. */
  readonly isCalibrated: boolean;
}

/**
 * An ultrasound picture or clip: its grey values, and where there is tissue. Throws `ENHANCE_NOT_FOR_IMAGE` where samples
 * have more than 8 bits, and what decoding throws.
 */
export async function loadPictures({ path }: Instance): Promise<LoadedPictures> {
  const file = readFilePart10(path);
  const { dataset } = file;
  const { bitsAllocated, columns, rows, frames } = imagePixel(dataset);
  if (bitsAllocated !== 8 && dataset.text('PhotometricInterpretation') !== 'PALETTE COLOR') {
    throw new PhotopeakError('the method cannot take this image', {
      code: 'ENHANCE_NOT_FOR_IMAGE',
      expected: 'pictures of 8 bits a sample',
      found: `${bitsAllocated} bits`,
      remedy: 'choose another series',
    });
  }
  const decoded = await decodeFrames(file);
  const samples = decoded[0]!.samples;
  const size = columns * rows * samples;
  const pixels = new Uint8Array(size * frames);
  for (const [frame, { data }] of decoded.entries())
    pixels.set(data.subarray(0, size) as Uint8Array, frame * size);
  const isDark = dataset.text('PhotometricInterpretation') === 'MONOCHROME1';
  if (isDark) for (let n = 0; n < pixels.length; n++) pixels[n] = 255 - pixels[n]!;
  const regions = tissueRegions(dataset);
  const { grey, mask } = await tissueOf(
    { width: columns, height: rows, samples, data: pixels },
    regions ?? [],
  );
  if (regions?.length === 0) mask.fill(0);
  const grid = {
    size: [columns, rows, frames],
    spacingMm: [1, 1, 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const;
  return {
    image: { volume: createVolume(grid, grey, '1'), planes: 'frames', facts: imageFacts(dataset, '1'), mask },
    header: dataset,
    pixels,
    samples,
    isCalibrated: regions !== undefined,
  };
}

/**
 * The pixels with the greys of a result where there is tissue: each channel moves by as much as the grey. Everything else,
 * colour, letters, other regions, keeps its values.
 */
export function withGreys(loaded: LoadedPictures, result: ArrayLike<number>): Uint8Array {
  const { image, pixels, samples } = loaded;
  const changed = Uint8Array.from(pixels);
  const before = image.volume.data;
  for (let n = 0; n < before.length; n++) {
    if (image.mask[n] === 0) continue;
    const difference = Math.round(result[n]!) - before[n]!;
    for (let c = 0; c < samples; c++) {
      const at = samples * n + c;
      changed[at] = Math.min(255, Math.max(0, pixels[at]! + difference));
    }
  }
  return changed;
}
