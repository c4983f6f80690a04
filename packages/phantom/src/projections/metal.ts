import { type Grid, type ProjectionGeometry, rayThrough, type Vec3 } from '@photopeak/imaging';
import { exp, log } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';
import { type Body, lineIntegral, paintBodies } from './bodies.ts';
import { type LayeredScene, layeredPaths } from './layered-scene.ts';

/** Energies of the tube's spectrum, keV: share of the detected signal, attenuation of each material per mm (NIST XCOM). */
const spectrum = [
  {
    keV: 50,
    share: 0.25,
    soft: 0.02355,
    fat: 0.02017,
    bone: 0.08145,
    titanium: 0.551,
    iron: 1.54,
    gold: 14.0,
  },
  {
    keV: 70,
    share: 0.35,
    soft: 0.02005,
    fat: 0.01786,
    bone: 0.0499,
    titanium: 0.247,
    iron: 0.645,
    gold: 5.92,
  },
  {
    keV: 90,
    share: 0.25,
    soft: 0.01835,
    fat: 0.0165,
    bone: 0.0387,
    titanium: 0.148,
    iron: 0.366,
    gold: 13.04,
  },
  {
    keV: 110,
    share: 0.15,
    soft: 0.01718,
    fat: 0.0155,
    bone: 0.0336,
    titanium: 0.109,
    iron: 0.246,
    gold: 7.84,
  },
] as const;
/** Soft tissue of this phantom is 4 % denser than water. */
const SOFT_TO_WATER = 1.04;

export type PelvisMaterial = 'soft' | 'fat' | 'bone' | 'titanium' | 'iron' | 'gold';

/** What a phantom is made of: bodies of each material; where one lies in another, the outer one is taken out. */
export type MetalScene = { readonly [material in PelvisMaterial]: readonly Body[] };

/** The same painted layer by layer, metal last. */
export type LayeredMetalScene = LayeredScene<PelvisMaterial>;

/** The spectrum as lines of water, for a water correction. */
export const pelvisSpectrum = spectrum.map(({ share, soft }) => ({
  share,
  waterPerMm: soft / SOFT_TO_WATER,
}));
/** Mean attenuation of water over the spectrum: what a corrected scan shows as 0 HU. */
export const pelvisWaterPerMm = pelvisSpectrum.reduce(
  (sum, { share, waterPerMm }) => sum + share * waterPerMm,
  0,
);

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  readonly turn?: number;
}

/**
 * A slice of a pelvis with hip implants: a body with fat, bones with marrow, muscles and a bladder. The seed draws the
 * build of the body and what is implanted: a head on one side or on both, stems, screws; titanium or steel.
 */
export function pelvisScene(seed: number): { readonly withMetal: MetalScene; readonly without: MetalScene } {
  const random = Random.of('metal-pelvis', seed);
  const scale = random.between(0.9, 1.1);
  const disc = (d: Disc, value: number): Body => ({
    center: [d.x * scale, d.y * scale, 0],
    halfAxesMm: [d.a * scale, d.b * scale, 1e6],
    value,
    ...(d.turn === undefined ? {} : { turnRad: d.turn }),
  });
  const body: Disc = { x: 0, y: 0, a: random.between(155, 168), b: random.between(96, 108) };
  const inner: Disc = { x: 0, y: 2, a: body.a - random.between(12, 20), b: body.b - random.between(10, 16) };
  const hip = random.between(82, 92);
  const hips = [-1, 1].map((side): Disc => ({ x: side * hip, y: random.between(-6, 6), a: 25, b: 26 }));
  const others: Disc[] = [
    ...[-1, 1].map((side): Disc => ({ x: side * 45, y: -32, a: 9, b: 22, turn: side * 0.7 })),
    { x: 0, y: 58, a: 24, b: 11 },
  ];
  const bones = [...hips, ...others];
  const marrow = bones.map((bone): Disc => ({ ...bone, a: bone.a - 5, b: bone.b - 5 }));
  const soft = [disc(inner, 1)];
  const fat = [disc(body, 1), disc(inner, -1)];
  const bone: Body[] = [];
  for (const [n, outer] of bones.entries()) {
    soft.push(disc(outer, -1));
    // Marrow is half bone, half soft tissue.
    bone.push(disc(outer, 1), disc(marrow[n]!, -0.65));
    soft.push(disc(marrow[n]!, 0.65));
  }
  const muscle: Disc = { x: random.between(-50, 50), y: random.between(-60, -50), a: 22, b: 10 };
  soft.push(disc(muscle, 0.05));
  const bladder: Disc = {
    x: random.between(-8, 8),
    y: -8,
    a: random.between(20, 30),
    b: random.between(16, 22),
  };
  soft.push(disc(bladder, -0.035));
  const without: MetalScene = { soft, fat, bone, titanium: [], iron: [], gold: [] };

  const metal = random.pick(['titanium', 'iron'] as const);
  const sides = random.pick([[0], [1], [0, 1]] as const);
  const implants: Body[] = [];
  const taken: { soft: Body[]; bone: Body[] } = { soft: [], bone: [] };
  for (const side of sides) {
    const { x, y } = hips[side]!;
    const radius = random.between(8, 14);
    const parts: Disc[] = [
      { x: x + random.between(-3, 3), y: y + random.between(-3, 3), a: radius, b: radius },
    ];
    for (const part of parts) {
      implants.push(disc(part, 1));
      // The head lies in marrow.
      taken.bone.push(disc(part, -0.35));
      taken.soft.push(disc(part, -0.65));
    }
  }
  if (random.uniform() < 0.5) {
    const screw: Disc = { x: random.between(-6, 6), y: 58, a: 3, b: 3 };
    implants.push(disc(screw, 1));
    taken.bone.push(disc(screw, -0.35));
    taken.soft.push(disc(screw, -0.65));
  }
  const withMetal: MetalScene = {
    ...without,
    soft: [...soft, ...taken.soft],
    bone: [...bone, ...taken.bone],
    [metal]: implants,
  };
  return { withMetal, without };
}

const MATERIALS = ['soft', 'fat', 'bone', 'titanium', 'iron', 'gold'] as const;
const METALS = ['titanium', 'iron', 'gold'] as const;

export interface MetalMeasurement {
  /** Of a ray in the open beam; without them there is no noise. */
  readonly photons?: number;
  readonly seed?: number;
  /** Rays side by side in each pixel of the detector, whose signals are added; one of no width by default. */
  readonly raysPerPixel?: number;
}

/**
 * What a scanner measures of a scene: −ln of the signal over the spectrum. With `photons` per ray in the open beam, noise;
 * a ray that nothing reaches keeps half a photon.
 */
export function measureScene(
  scene: MetalScene | LayeredMetalScene,
  geometry: ProjectionGeometry,
  { photons, seed = 0, raysPerPixel = 1 }: MetalMeasurement = {},
): Float32Array {
  const random = Random.of('metal-noise', seed);
  const paths = pathsOf(scene);
  const [columns, rows] = geometry.detectorSize;
  const data = new Float32Array(columns * rows * geometry.views.length);
  const offsets = Array.from({ length: raysPerPixel }, (_, n) => (n + 0.5) / raysPerPixel - 0.5);
  let at = 0;
  for (const view of geometry.views) {
    for (let v = 0; v < rows; v++) {
      for (let u = 0; u < columns; u++) {
        let signal = 0;
        for (const offset of offsets) {
          const { from, direction } = rayThrough(geometry, view, u + offset, v);
          signal += transmission(paths(from, direction)) / raysPerPixel;
        }
        if (photons !== undefined) {
          const mean = photons * signal;
          signal = Math.max(0.5, mean + Math.sqrt(mean) * random.normal()) / photons;
        }
        data[at++] = -log(signal);
      }
    }
  }
  return data;
}

/** Paths of rays through each of the materials, mm. */
function pathsOf(scene: MetalScene | LayeredMetalScene): (from: Vec3, direction: Vec3) => ArrayLike<number> {
  if (isLayered(scene)) return layeredPaths(scene, MATERIALS);
  return (from, direction) =>
    MATERIALS.map((material) => Math.max(0, lineIntegral(scene[material], from, direction)));
}

/** Part of the signal that is left behind such paths. */
function transmission(lengths: ArrayLike<number>): number {
  let sum = 0;
  for (const line of spectrum) {
    let attenuation = 0;
    for (const [n, material] of MATERIALS.entries()) attenuation += line[material] * lengths[n]!;
    sum += line.share * exp(-Math.min(600, attenuation));
  }
  return sum;
}

/** 1 where there is metal, partly at its edges. */
export function metalShare(scene: MetalScene | LayeredMetalScene, grid: Grid): Float32Array {
  if (!isLayered(scene))
    return paintBodies(
      METALS.flatMap((metal) => scene[metal]),
      grid,
      2,
    );
  const bodies = scene.filter(isMetalLayer).map(({ shape }) => ({ ...shape, value: 1 }));
  return paintBodies(bodies, grid, 2).map((share) => Math.min(1, share));
}

/** The scene with its metal taken out: what lay below comes to light. */
export const withoutMetal = (scene: LayeredMetalScene): LayeredMetalScene =>
  scene.filter((layer) => !isMetalLayer(layer));

const isMetalLayer = ({ parts }: LayeredMetalScene[number]): boolean =>
  METALS.some((metal) => (parts[metal] ?? 0) > 0);

const isLayered = (scene: MetalScene | LayeredMetalScene): scene is LayeredMetalScene => Array.isArray(scene);
