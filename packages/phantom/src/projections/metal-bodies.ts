import { Random } from '../shared/random.ts';
import type { Layer } from './layered-scene.ts';
import type { LayeredMetalScene, PelvisMaterial } from './metal.ts';

type Parts = Partial<Record<PelvisMaterial, number>>;

const ellipse = (
  x: number,
  y: number,
  a: number,
  b: number,
  parts: Parts,
  turnRad = 0,
): Layer<PelvisMaterial> => ({
  shape: { center: [x, y, 0], halfAxesMm: [a, b, 1e6], turnRad },
  parts,
});

const FAT: Parts = { fat: 1 };
const SOFT: Parts = { soft: 1 };
const BONE: Parts = { bone: 1 };
const MARROW: Parts = { bone: 0.35, soft: 0.65 };
/** Enamel and dentine are denser than the bone of this phantom. */
const TOOTH: Parts = { bone: 1.3 };
const AIR: Parts = {};

/**
 * A slice through a lumbar vertebra with two screws through its pedicles, of titanium or, rarely, steel, and their rods:
 * liver, kidneys, aorta, bowel with gas. The seed draws the build and the screws.
 */
export function spineScene(seed: number): LayeredMetalScene {
  const random = Random.of('metal-spine', seed);
  const [a, b] = [random.between(140, 165), random.between(98, 118)];
  const shell = random.between(10, 24);
  const layers = [ellipse(0, 0, a, b, FAT), ellipse(0, 3, a - shell, b - shell, SOFT)];
  layers.push(ellipse(0, -20, a - shell - 22, b - shell - 34, FAT));
  layers.push(ellipse(-62, -12, random.between(34, 48), random.between(38, 52), { soft: 1.025 }));
  for (const side of [-1, 1]) {
    layers.push(
      ellipse(side * random.between(64, 74), 34, random.between(22, 28), random.between(24, 30), {
        soft: 1.01,
      }),
    );
    layers.push(ellipse(side * 30, 66, random.between(20, 26), 15, { soft: 1.02 }, side * 0.2));
  }
  layers.push(ellipse(random.between(8, 20), 2, 11, 11, { soft: 1.01 }));
  for (let n = 0; n < 5; n++) {
    const [x, y] = [random.between(-20, 84), random.between(-70, -24)];
    const size = random.between(9, 17);
    layers.push(ellipse(x, y, size + 2, size, SOFT));
    if (random.uniform() < 0.6) layers.push(ellipse(x, y - 2, 0.7 * size, 0.6 * size, AIR));
  }
  const y = random.between(30, 36);
  const [width, depth] = [random.between(22, 27), random.between(16, 19)];
  layers.push(ellipse(0, y, width, depth, BONE), ellipse(0, y, width - 2.5, depth - 2.5, MARROW));
  for (const side of [-1, 1]) {
    layers.push(
      ellipse(side * 16, y + 20, 7, 14, BONE, side * 0.2),
      ellipse(side * 16, y + 20, 4.5, 11, MARROW, side * 0.2),
    );
    layers.push(ellipse(side * 34, y + 27, 15, 4.5, BONE, side * 0.15));
  }
  layers.push(ellipse(0, y + 23, 10, 8, { soft: 0.97 }), ellipse(0, y + 44, 4, 14, BONE));
  const metal = random.uniform() < 0.8 ? 'titanium' : 'iron';
  const sides = random.pick([[-1, 1], [-1, 1], [-1], [1]] as const);
  for (const side of sides) {
    const [length, radius] = [random.between(18, 25), random.between(2.4, 3.4)];
    const turn = side * random.between(0.15, 0.5);
    layers.push(ellipse(side * 16, y + 12, radius, length, { [metal]: 1 }, turn));
    if (random.uniform() < 0.7)
      layers.push(ellipse(side * random.between(22, 26), y + 38, 5, 6, { [metal]: 1 }));
  }
  return layers;
}

/**
 * A slice through the teeth with fillings and crowns of gold or steel: jaw, tongue and airway, a cervical vertebra and the
 * branches of the jaw. The seed draws the build, the teeth that are filled, and with what.
 */
export function dentalScene(seed: number): LayeredMetalScene {
  const random = Random.of('metal-dental', seed);
  const [a, b] = [random.between(66, 76), random.between(84, 96)];
  const layers = [
    ellipse(0, 0, a, b, FAT),
    ellipse(0, 0, a - random.between(3, 8), b - random.between(3, 8), SOFT),
  ];
  for (const side of [-1, 1]) {
    layers.push(ellipse(side * 48, -4, 12, 26, { soft: 1.03 }, side * 0.2));
    layers.push(
      ellipse(side * 40, 6, 5, 17, BONE, side * 0.15),
      ellipse(side * 40, 6, 2.5, 13, MARROW, side * 0.15),
    );
  }
  layers.push(
    ellipse(0, 52, 21, 13, BONE),
    ellipse(0, 52, 17, 9, MARROW),
    ellipse(0, 66, 9, 7, { soft: 0.97 }),
  );
  layers.push(ellipse(0, 31, random.between(9, 14), random.between(5, 8), AIR));
  const [wide, long] = [random.between(25, 30), random.between(48, 56)];
  layers.push(ellipse(0, -20, wide - 8, 32, { soft: 1.02 }));
  if (random.uniform() < 0.6) layers.push(ellipse(random.between(-6, 6), -46, 10, 3, AIR));
  const metal = random.uniform() < 0.5 ? 'gold' : 'iron';
  const share = random.between(0.12, 0.4);
  const fillings: Layer<PelvisMaterial>[] = [];
  for (let n = -7; n <= 7; n++) {
    const along = n / 7;
    const [x, y] = [wide * along * (1.7 - 0.7 * along * along), -76 + long * along * along];
    const size = Math.abs(n) > 3 ? 5 : 3.8;
    layers.push(
      ellipse(x, y, size + 2, size + 3, { bone: 0.7, soft: 0.3 }),
      ellipse(x, y, size, size + 0.6, TOOTH),
    );
    if (random.uniform() >= share) continue;
    const radius = random.between(1.6, 0.9 * size);
    fillings.push(
      ellipse(x + random.between(-1, 1), y, radius, radius * random.between(0.7, 1.3), { [metal]: 1 }),
    );
  }
  if (fillings.length === 0) fillings.push(ellipse(wide, -50, 3, 3, { [metal]: 1 }));
  return [...layers, ...fillings];
}
