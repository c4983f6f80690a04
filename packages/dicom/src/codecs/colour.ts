import type { SampleArray } from './samples.ts';

/** Samples by plane to samples by pixel. */
function interleaved<T extends SampleArray>(planes: T): T {
  const out = planes.slice() as T;
  const pixels = planes.length / 3;
  for (let i = 0; i < pixels; i++) {
    out[3 * i] = planes[i]!;
    out[3 * i + 1] = planes[pixels + i]!;
    out[3 * i + 2] = planes[2 * pixels + i]!;
  }
  return out;
}

/** Y1 Y2 Cb Cr for each pair of pixels to Y Cb Cr for each pixel (PS3.3 C.7.6.3.1.2). */
function from422(samples: Uint8Array): Uint8Array {
  const pairs = Math.floor(samples.length / 4);
  const out = new Uint8Array(pairs * 6);
  for (let i = 0; i < pairs; i++) {
    const cb = samples[4 * i + 2]!;
    const cr = samples[4 * i + 3]!;
    out[6 * i] = samples[4 * i]!;
    out[6 * i + 1] = cb;
    out[6 * i + 2] = cr;
    out[6 * i + 3] = samples[4 * i + 1]!;
    out[6 * i + 4] = cb;
    out[6 * i + 5] = cr;
  }
  return out;
}

/** YBR_FULL uses the full range (JFIF), YBR_PARTIAL 16 to 235 and 16 to 240 (PS3.3 C.7.6.3.1.2). */
function ybrToRgb(samples: Uint8Array, partial: boolean): Uint8Array {
  const out = new Uint8ClampedArray(samples.length);
  const scaleY = partial ? 255 / 219 : 1;
  const scaleC = partial ? 255 / 224 : 1;
  const offset = partial ? 16 : 0;
  for (let i = 0; i + 2 < samples.length; i += 3) {
    const y = (samples[i]! - offset) * scaleY;
    const cb = (samples[i + 1]! - 128) * scaleC;
    const cr = (samples[i + 2]! - 128) * scaleC;
    out[i] = y + 1.402 * cr;
    out[i + 1] = y - 0.344136 * cb - 0.714136 * cr;
    out[i + 2] = y + 1.772 * cb;
  }
  return new Uint8Array(out.buffer);
}

/** Three samples side by side for each pixel, whatever the layout. */
export function toPixelOrder(
  data: SampleArray,
  layout: { readonly planar: boolean; readonly subsampled: boolean },
): SampleArray {
  if (layout.subsampled && data instanceof Uint8Array) return from422(data);
  return layout.planar ? interleaved(data) : data;
}

/** RGB of YBR samples of 8 bits; anything else stays as it is. */
export function toRgb(data: SampleArray, photometric: string): { data: SampleArray; photometric: string } {
  if (!photometric.startsWith('YBR_') || !(data instanceof Uint8Array)) return { data, photometric };
  return { data: ybrToRgb(data, photometric.startsWith('YBR_PARTIAL')), photometric: 'RGB' };
}
