import type { Volume } from '@photopeak/imaging';
import type { Random } from '@photopeak/phantom';

/** Nodes of the curve that gives tissues another contrast, as parts of the range. */
const NODES = [0, 0.12, 0.28, 0.44, 0.64, 0.8, 1.04];

/** Another contrast: signals up to `range` along a curve of random nodes; air stays dark. */
export function recontrasted(
  image: Volume<Float32Array>,
  range: number,
  random: Random,
): Volume<Float32Array> {
  const values = NODES.map((node) => (node === 0 ? 0 : range * random.between(0.08, 1.04)));
  return {
    ...image,
    data: image.data.map((signal) => {
      const above = NODES.findIndex((node) => node * range > signal);
      const upper = above < 0 ? NODES.length - 1 : above;
      const [low, high] = [NODES[upper - 1]! * range, NODES[upper]! * range];
      const part = (signal - low) / (high - low);
      return Math.max(0, values[upper - 1]! + part * (values[upper]! - values[upper - 1]!));
    }),
  };
}
