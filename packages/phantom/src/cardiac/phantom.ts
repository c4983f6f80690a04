import { createVolume, emptyVolume, type Grid, type Vec3, type Volume } from '@photopeak/imaging';
import { cos, exp, PI, square } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';
import { type CardiacPhantomOptions, checkOptions, type DefectRequest } from './options.ts';
import { type Blob, HeartField, type HeartScene, type Torso } from './scene.ts';
import { blur, countNoise, draw, gather } from './simulate.ts';
import { type CardiacTruth, truthOf } from './truth.ts';
import { cavityMl, shortAxisFrame, unit, type VentricleShape, wallMl, withWallVolume } from './ventricle.ts';

/** One state of the heart: the sum over the beat, and its gates. */
export interface CardiacImages {
  readonly summed: Volume<Float32Array>;
  /** In the order of the beat from the R wave; empty where the heart stands still. */
  readonly gates: readonly Volume<Float32Array>[];
}

export interface CardiacPhantom {
  readonly truth: CardiacTruth;
  readonly stress: CardiacImages;
  readonly rest: CardiacImages;
  /** HU, where it would be used for attenuation correction. */
  readonly ct: Volume<Float32Array>;
}

interface Anatomy {
  readonly shape: VentricleShape;
  readonly scene: Omit<HeartScene, 'shape' | 'defects'>;
}

const DEFAULTS = {
  NM: { voxelMm: 6.4, fwhmMm: 13, counts: 120, pixels: 64, slices: 40 },
  PT: { voxelMm: 4, fwhmMm: 7, counts: 400, pixels: 96, slices: 56 },
} as const;

const COUNTS = '{counts}';
/** Share of the blur that lies in the camera; the rest is the filter after the counts are drawn. */
const CAMERA_PART = 0.7;

function anatomy(options: CardiacPhantomOptions, random: Random): Anatomy {
  const sex = options.sex ?? 'M';
  const modality = options.modality ?? 'NM';
  const size = sex === 'M' ? 1 : 0.92;
  const radiusMm = options.radiusMm ?? random.between(24, 29) * size;
  const lengthMm = options.lengthMm ?? radiusMm * random.between(1.9, 2.2);
  const shape: VentricleShape = {
    centre: [random.between(20, 40), random.between(-35, -10), random.between(-8, 18)],
    axis: unit(
      options.axis ?? [random.between(0.6, 0.85), random.between(-0.75, -0.45), random.between(-0.5, -0.1)],
    ),
    radiusMm,
    lengthMm,
    basalMm: lengthMm * random.between(0.3, 0.45),
    wallMm: options.wallMm ?? random.between(9, 11) * size,
  };
  const below = shape.centre[2] - random.between(56, 70);
  const liver = options.liver ?? random.between(0.4, 0.9);
  const bowel = options.bowel ?? random.between(0.3, 1.1);
  const blobs: Blob[] = [
    { centre: [-55, -5, below - 32], radiiMm: [95, 80, 62], uptake: liver },
    {
      centre: [random.between(40, 65), random.between(-20, 25), below - random.between(4, 22)],
      radiiMm: [random.between(14, 24), random.between(18, 30), random.between(12, 18)],
      uptake: bowel,
    },
    { centre: [75, 45, below - 10], radiiMm: [28, 22, 38], uptake: liver * 0.5 },
  ];
  const torso: Torso = {
    halfWidthMm: random.between(160, 190),
    halfDepthMm: random.between(105, 130),
    lungs: [
      { centre: [-85, 5, 55], radiiMm: [62, 85, 110], uptake: 0 },
      { centre: [95, 15, 55], radiiMm: [58, 80, 110], uptake: 0 },
    ],
    tissue: 0.08,
    lung: 0.05,
  };
  return {
    shape,
    scene: {
      torso,
      blobs,
      valveTiltMm: options.valveTiltMm ?? [0, 0],
      blood: modality === 'PT' ? 0.12 : 0.1,
      right: random.between(0.3, 0.45),
      transmission: transmissionOf(options, sex, random),
    },
  };
}

/** A smooth dip of the transmission around a place of the wall. */
const dip = (angle: number, share: number, at: { angle: number; share: number; depth: number }): number => {
  const around = angle - at.angle - 2 * PI * Math.round((angle - at.angle) / (2 * PI));
  return at.depth * exp(-square(around / 0.75) - square((share - at.share) / 0.4));
};

/**
 * Apical thinning and a smooth variation from person to person; without attenuation correction the diaphragm takes
 * from the inferior wall of men and the breast from the anterior wall of women.
 */
function transmissionOf(options: CardiacPhantomOptions, sex: 'M' | 'F', random: Random) {
  const thinning = random.between(0.03, 0.08);
  const lateral = random.between(-0.02, 0.03);
  const phase = random.between(0, 2 * PI);
  const ripple = random.between(0.005, 0.02);
  const corrected = options.attenuationCorrected ?? true;
  const loss = corrected ? 0 : random.between(0.1, 0.2);
  const place =
    sex === 'M'
      ? { angle: 1.5 * PI, share: 0.7, depth: loss }
      : { angle: 0.55 * PI, share: 0.6, depth: loss };
  return (angle: number, share: number) =>
    (1 - thinning * exp(-square(share / 0.12))) *
    (1 + lateral * cos(angle) * share + ripple * cos(2 * angle + phase) * share) *
    (1 - dip(angle, share, place));
}

/** Cavity volume over the beat as a share of its largest, at a phase 0 to 1: systole, fast filling, atrial kick. */
function beat(phase: number, ejected: number): number {
  const systole = 0.36;
  if (phase < systole) return 1 - (ejected * (1 - cos((PI * phase) / systole))) / 2;
  const filling = (phase - systole) / (1 - systole);
  const early = filling < 0.5 ? (1 - cos((PI * filling) / 0.5)) / 2 : 1;
  const late = filling < 0.7 ? 0 : (1 - cos((PI * (filling - 0.7)) / 0.3)) / 2;
  return 1 - ejected * (1 - 0.8 * early - 0.2 * late);
}

/** The ventricle scaled until its cavity has a volume, with the same muscle around it. */
function withCavity(shape: VentricleShape, targetMl: number): VentricleShape {
  const muscle = wallMl(shape);
  let low = 0.4;
  let high = 2.5;
  const scaledBy = (factor: number) => {
    const { radiusMm, lengthMm, basalMm } = shape;
    // The apex hardly moves; the radius and the valve plane do.
    const along = Math.sqrt(factor);
    return withWallVolume(
      { ...shape, radiusMm: radiusMm * factor, lengthMm: lengthMm * along, basalMm: basalMm * along },
      muscle,
    );
  };
  for (let n = 0; n < 45; n++) {
    const middle = (low + high) / 2;
    if (cavityMl(scaledBy(middle)) < targetMl) low = middle;
    else high = middle;
  }
  const result = scaledBy((low + high) / 2);
  const pull = shape.lengthMm - result.lengthMm;
  const { centre, axis } = shape;
  return {
    ...result,
    centre: [centre[0] + axis[0] * pull, centre[1] + axis[1] * pull, centre[2] + axis[2] * pull],
  };
}

function gateShapes(shape: VentricleShape, ejected: number, gates: number): VentricleShape[] {
  const most = cavityMl(shape);
  return Array.from({ length: gates }, (_, gate) =>
    withCavity(shape, most * beat((gate + 0.5) / gates, ejected)),
  );
}

/**
 * A heart at stress and at rest as an emission tomograph shows it, with its truth; the same options give the same
 * bytes. Values are counts per voxel. Throws `PHANTOM_OPTION_INVALID`.
 */
export function cardiacPhantom(options: CardiacPhantomOptions): CardiacPhantom {
  checkOptions(options);
  const modality = options.modality ?? 'NM';
  const defaults = DEFAULTS[modality];
  const random = Random.of('cardiac', options.seed);
  const { shape, scene } = anatomy(options, random.fork('anatomy'));
  const voxel = options.voxelMm ?? defaults.voxelMm;
  const across = Math.round((defaults.pixels * defaults.voxelMm) / voxel);
  const slices = Math.round((defaults.slices * defaults.voxelMm) / voxel);
  const first = (count: number) => (-(count - 1) / 2) * voxel;
  const grid: Grid = {
    size: [across, across, slices],
    spacingMm: [voxel, voxel, voxel],
    origin: [first(across), first(across), first(slices)],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
  const fwhmMm = options.fwhmMm ?? defaults.fwhmMm;
  const counts = options.counts ?? defaults.counts;
  const noise = options.noise ?? 1;
  const camera = Math.sqrt(CAMERA_PART) * fwhmMm;
  const filter = Math.sqrt(1 - CAMERA_PART) * fwhmMm;

  const image = (drawn: VentricleShape, defects: readonly DefectRequest[], share: number, key: string) => {
    const field = new HeartField({ ...scene, shape: drawn, defects });
    const seen = gather(blur(draw(field, grid), camera), grid);
    const scale = counts * share;
    for (let n = 0; n < seen.data.length; n++) seen.data[n] = seen.data[n]! * scale;
    if (noise > 0) countNoise(seen.data, random.fork('noise', key), noise);
    return createVolume(grid, blur(seen, filter).data, COUNTS);
  };
  const images = (
    drawn: VentricleShape,
    shapes: readonly VentricleShape[],
    defects: readonly DefectRequest[],
    state: string,
  ): CardiacImages => {
    if (shapes.length === 0) return { summed: image(drawn, defects, 1, state), gates: [] };
    const gates = shapes.map((gate, n) => image(gate, defects, 1 / shapes.length, `${state}/${n}`));
    const summed = emptyVolume(grid, 'float32', COUNTS);
    for (const gate of gates) for (let n = 0; n < summed.data.length; n++) summed.data[n]! += gate.data[n]!;
    return { summed, gates };
  };

  const dilation = options.dilation ?? 1;
  const stressShape = dilation === 1 ? shape : withCavity(shape, cavityMl(shape) * dilation);
  const stressDefects = options.defects ?? [];
  const restDefects = options.restDefects ?? [];
  const gatesOf = (drawn: VentricleShape): VentricleShape[] =>
    options.ejectionFraction === undefined
      ? []
      : gateShapes(drawn, options.ejectionFraction, options.gates ?? 8);
  const stressGates = gatesOf(stressShape);
  const restGates = gatesOf(shape);
  const ctShiftMm = options.ctShiftMm ?? [0, 0, 0];
  const truth: CardiacTruth = {
    schema: 'photopeak-cardiac-truth/1',
    seed: options.seed,
    modality,
    sex: options.sex ?? 'M',
    attenuationCorrected: options.attenuationCorrected ?? true,
    fwhmMm,
    stress: truthOf(stressShape, stressDefects, stressGates),
    rest: truthOf(shape, restDefects, restGates),
    dilation: cavityMl(stressShape) / cavityMl(shape),
    ctShiftMm,
  };
  const stress = once(() => images(stressShape, stressGates, stressDefects, 'stress'));
  const rest = once(() => images(shape, restGates, restDefects, 'rest'));
  const ct = once(() => drawCt(grid, shape, scene, ctShiftMm));
  // Each picture is drawn when it is first asked for.
  return {
    truth,
    get stress() {
      return stress();
    },
    get rest() {
      return rest();
    },
    get ct() {
      return ct();
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const HU = { air: -1000, lung: -820, tissue: 40 } as const;
/** Muscle, cavities and fat around the ventricle as CT shows them: one body without contrast medium. */
const PERICARDIUM_MM = 2;

/** Lungs reach around the heart: what the CT needs to show where the heart ends. */
const CHEST_WALL_MM = 24;
const MEDIASTINUM = { halfWidthMm: 32, halfDepthMm: 60, backMm: 35 } as const;
/** The diaphragm lies so far below the centre of the ventricle. */
const DIAPHRAGM_MM = 42;

/** CT of the same chest with the heart at another place. */
function drawCt(grid: Grid, shape: VentricleShape, { torso, blobs }: Anatomy['scene'], shift: Vec3) {
  const ct = emptyVolume(grid, 'float32', "[hnsf'U]");
  const { axis, lateral, anterior } = shortAxisFrame(shape.axis);
  const outside = shape.wallMm / 2 + PERICARDIUM_MM;
  const within = (value: number, radius: number) => square(value / radius);
  const diaphragm = shape.centre[2] - DIAPHRAGM_MM;
  let index = 0;
  const [nx, ny, nz] = grid.size;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const x = grid.origin[0] + i * grid.spacingMm[0];
        const y = grid.origin[1] + j * grid.spacingMm[1];
        const z = grid.origin[2] + k * grid.spacingMm[2];
        const d: Vec3 = [
          x - shape.centre[0] - shift[0],
          y - shape.centre[1] - shift[1],
          z - shape.centre[2] - shift[2],
        ];
        const on = (v: Vec3) => d[0] * v[0] + d[1] * v[1] + d[2] * v[2];
        const along = on(axis);
        const right = on(lateral);
        const up = on(anterior);
        const radius = shape.radiusMm + outside;
        const length = along > 0 ? shape.lengthMm + outside : shape.lengthMm * 1.2;
        const isHeart =
          within(along, length) + within(right, right < 0 ? radius * 2 : radius) + within(up, radius) <= 1;
        const isBlob = blobs.some(
          ({ centre, radiiMm }) =>
            within(x - centre[0], radiiMm[0]) +
              within(y - centre[1], radiiMm[1]) +
              within(z - centre[2], radiiMm[2]) <=
            1,
        );
        const isBody = within(x, torso.halfWidthMm) + within(y, torso.halfDepthMm) <= 1;
        const isChest =
          within(x, torso.halfWidthMm - CHEST_WALL_MM) + within(y, torso.halfDepthMm - CHEST_WALL_MM) <= 1;
        const isMiddle =
          within(x, MEDIASTINUM.halfWidthMm) + within(y - MEDIASTINUM.backMm, MEDIASTINUM.halfDepthMm) <= 1;
        const isLung = isChest && !isMiddle && z > diaphragm;
        ct.data[index++] = isHeart || isBlob ? HU.tissue : !isBody ? HU.air : isLung ? HU.lung : HU.tissue;
      }
  return ct;
}
