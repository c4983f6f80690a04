import { gaussian, gridOf, type Volume } from '@photopeak/imaging';
import type { Random } from '@photopeak/phantom';

export interface Textures {
  /** Spread of the texture at most, in the unit of the image. */
  readonly texture: number;
  /** Small things differ from their surroundings by one to ten times this. */
  readonly contrast: number;
  readonly count: number;
}

/** Texture is coarser than the noise by as much as tissue may be, mm. */
const GRAIN_MM = [0.8, 3] as const;
const RADIUS_MM = [1, 6] as const;

/**
 * What drawn persons lack and patients have: tissue that is not the same everywhere, and small things in it. Without them
 * a network learns that whatever is small or faint is noise.
 */
export async function withTexture(
  image: Volume,
  { texture, contrast, count }: Textures,
  random: Random,
): Promise<Volume<Float32Array>> {
  const normals = new Float32Array(image.data.length);
  random.fillNormal(normals);
  const grain = random.between(...GRAIN_MM);
  const smooth = await gaussian({ ...image, data: normals }, { sigmaMm: [grain, grain, grain] });
  const spread = Math.sqrt(smooth.data.reduce((sum, value) => sum + value * value, 0) / smooth.data.length);
  const amplitude = texture * random.uniform() ** 2;
  const data = Float32Array.from(image.data, (value, at) => value + (amplitude / spread) * smooth.data[at]!);
  for (let n = 0; n < count; n++) {
    const difference = (random.uniform() < 0.5 ? -1 : 1) * contrast * 10 ** random.uniform();
    drawEllipsoid(data, image, difference, random);
  }
  return { ...gridOf(image), unit: image.unit, data };
}

function drawEllipsoid(
  data: Float32Array,
  { size: [nx, ny, nz], spacingMm }: Volume,
  difference: number,
  random: Random,
): void {
  const [least, most] = RADIUS_MM;
  const [rx, ry, rz] = spacingMm.map((mm) =>
    Math.max(0.5, (least + (most - least) * random.uniform() ** 2) / mm),
  ) as [number, number, number];
  const [x, y, z] = [nx, ny, nz].map((size) => random.uniform() * (size - 1)) as [number, number, number];
  const range = (middle: number, radius: number, size: number): [number, number] => [
    Math.max(0, Math.ceil(middle - radius)),
    Math.min(size - 1, Math.floor(middle + radius)),
  ];
  const [i0, i1] = range(x, rx, nx);
  const [j0, j1] = range(y, ry, ny);
  const [k0, k1] = range(z, rz, nz);
  for (let k = k0; k <= k1; k++)
    for (let j = j0; j <= j1; j++)
      for (let i = i0; i <= i1; i++)
        if (((i - x) / rx) ** 2 + ((j - y) / ry) ** 2 + ((k - z) / rz) ** 2 <= 1)
          data[i + nx * (j + ny * k)]! += difference;
}
