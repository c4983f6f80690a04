import type { Vec3, Volume } from '@photopeak/imaging';

/** A picture of one slice at another pixel size, linear between pixels; its edges stay where they are. */
export function magnify(slice: Volume<Float32Array>, pixelMm: number): Volume<Float32Array> {
  const [columns, rows] = slice.size;
  const scale = slice.spacingMm[0] / pixelMm;
  const width = Math.max(1, Math.round(columns * scale));
  const height = Math.max(1, Math.round(rows * scale));
  const across = positions(width, columns, scale);
  const down = positions(height, rows, scale);
  const data = new Float32Array(width * height);
  const at = (x: number, y: number) => slice.data[y * columns + x] ?? 0;
  down.forEach(({ low: y, high: y1, share: b }, row) => {
    across.forEach(({ low: x, high: x1, share: a }, column) => {
      const top = at(x, y) * (1 - a) + at(x1, y) * a;
      const bottom = at(x, y1) * (1 - a) + at(x1, y1) * a;
      data[row * width + column] = top * (1 - b) + bottom * b;
    });
  });
  return {
    ...slice,
    size: [width, height, 1],
    spacingMm: [pixelMm, pixelMm, slice.spacingMm[2]],
    origin: movedOrigin(slice, (1 / scale - 1) / 2),
    data,
  };
}

interface Position {
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

/** Where each new pixel centre lies between two old ones. */
function positions(count: number, from: number, scale: number): Position[] {
  return Array.from({ length: count }, (_, index) => {
    const place = Math.min(from - 1, Math.max(0, (index + 0.5) / scale - 0.5));
    const low = Math.floor(place);
    return { low, high: Math.min(from - 1, low + 1), share: place - low };
  });
}

/** The first pixel centre after a move by `pixels` old pixels along both axes of the picture. */
function movedOrigin({ origin, direction, spacingMm }: Volume, pixels: number): Vec3 {
  return [0, 1, 2].map(
    (axis) =>
      (origin[axis] ?? 0) +
      pixels * spacingMm[0] * ((direction[axis * 3] ?? 0) + (direction[axis * 3 + 1] ?? 0)),
  ) as unknown as Vec3;
}
