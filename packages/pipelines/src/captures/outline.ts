import { type Picture, type Rgb, setPixel } from './picture.ts';

/** Draws the edge of each labelled region: pixels whose 4-neighbour has another label, just inside the region. */
export function drawOutlines(
  picture: Picture,
  labels: ArrayLike<number>,
  colourOf: (label: number) => Rgb | null,
): void {
  const { width, height } = picture;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const label = labels[y * width + x] ?? 0;
      const colour = label === 0 ? null : colourOf(label);
      if (colour === null) continue;
      const differs = (dx: number, dy: number) => {
        const nx = x + dx;
        const ny = y + dy;
        return nx < 0 || ny < 0 || nx >= width || ny >= height || labels[ny * width + nx] !== label;
      };
      if (differs(1, 0) || differs(-1, 0) || differs(0, 1) || differs(0, -1)) setPixel(picture, x, y, colour);
    }
  }
}
