import { emptyVolume } from './create.ts';
import type { Volume } from './volume.ts';

/**
 * Exact Euclidean distance in mm from each voxel centre to the nearest non-zero voxel centre (Felzenszwalb and
 * Huttenlocher 2012). Infinity everywhere when the mask is empty. Axes are taken as orthogonal.
 */
export async function distanceTransform(mask: Volume): Promise<Volume<Float32Array>> {
  const result = emptyVolume(mask, 'float32', 'mm');
  const squared = result.data;
  for (let index = 0; index < squared.length; index++)
    squared[index] = mask.data[index] ? 0 : Number.POSITIVE_INFINITY;
  const strides = [1, mask.size[0], mask.size[0] * mask.size[1]];
  const longest = Math.max(...mask.size);
  const f = new Float64Array(longest);
  const vertex = new Int32Array(longest);
  const border = new Float64Array(longest + 1);
  for (let axis = 0; axis < 3; axis++) {
    const n = mask.size[axis]!;
    const stride = strides[axis]!;
    const mm = mask.spacingMm[axis]!;
    for (let start = 0; start < squared.length; start++) {
      if (Math.floor(start / stride) % n !== 0) continue;
      let count = 0;
      for (let q = 0; q < n; q++) {
        const height = squared[start + q * stride]!;
        f[q] = height;
        if (height === Number.POSITIVE_INFINITY) continue;
        let cross = Number.NEGATIVE_INFINITY;
        while (count > 0) {
          const v = vertex[count - 1]!;
          cross = ((height - f[v]!) / (mm * mm) + q * q - v * v) / (2 * (q - v));
          if (cross > border[count - 1]!) break;
          count--;
        }
        if (count === 0) cross = Number.NEGATIVE_INFINITY;
        vertex[count] = q;
        border[count] = cross;
        count++;
      }
      if (count === 0) continue;
      let k = 0;
      for (let q = 0; q < n; q++) {
        while (k + 1 < count && border[k + 1]! < q) k++;
        const d = (q - vertex[k]!) * mm;
        squared[start + q * stride] = d * d + f[vertex[k]!]!;
      }
    }
  }
  for (let index = 0; index < squared.length; index++) squared[index] = Math.sqrt(squared[index]!);
  return result;
}
