import type { Mask } from '@photopeak/imaging';

/** A connected region of one axial slice of a mask on a patient grid. */
export interface SliceRegion {
  /** Linear indices into the slice. */
  readonly pixels: number[];
  readonly meanI: number;
  readonly meanJ: number;
}

/** Connected regions (4 neighbours) of slice k, in the order of their first pixel. */
export function sliceRegions(mask: Mask, k: number, accept?: (index: number) => boolean): SliceRegion[] {
  const [nx, ny] = mask.size;
  const base = nx * ny * k;
  const seen = new Uint8Array(nx * ny);
  const inside = (pixel: number) =>
    mask.data[base + pixel] !== 0 && (accept === undefined || accept(base + pixel));
  const regions: SliceRegion[] = [];
  for (let first = 0; first < nx * ny; first++) {
    if (seen[first] !== 0 || !inside(first)) continue;
    const pixels = [first];
    seen[first] = 1;
    let sumI = 0;
    let sumJ = 0;
    for (let n = 0; n < pixels.length; n++) {
      const pixel = pixels[n]!;
      const i = pixel % nx;
      const j = (pixel - i) / nx;
      sumI += i;
      sumJ += j;
      const add = (next: number) => {
        if (seen[next] !== 0 || !inside(next)) return;
        seen[next] = 1;
        pixels.push(next);
      };
      if (i > 0) add(pixel - 1);
      if (i < nx - 1) add(pixel + 1);
      if (j > 0) add(pixel - nx);
      if (j < ny - 1) add(pixel + nx);
    }
    regions.push({ pixels, meanI: sumI / pixels.length, meanJ: sumJ / pixels.length });
  }
  return regions;
}
