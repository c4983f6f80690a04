import { toVoxel, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import type { FusedAnatomy } from '../anatomy/index.ts';
import { lobesOf } from './lobes.ts';
import type { Judgement } from './model/judge.ts';
import type { Organ } from './physiology.ts';
import type { Piece } from './pieces.ts';
import { shouldersOf } from './shoulders.ts';
import type { Neighbour, OrganZones } from './zones.ts';

/** Organs whose uptake is one compact body, and what CT calls them; bowel or glands have lumps by nature. */
const COMPACT: Partial<Record<Organ, readonly Neighbour[]>> = {
  bladder: ['bladder'],
  kidney: ['kidneyRight', 'kidneyLeft'],
  spleen: ['spleen'],
  liver: ['liver'],
  heart: [],
};
/** What is parted from physiological uptake is a lesion only where the model, too, says that it is one. */
const SURELY_LESION = 0.5;
/** Larger pieces are not parted by their shape. */
const LARGEST_ML = 250;

export interface TouchingContext {
  readonly fused: FusedAnatomy;
  readonly zones: OrganZones;
  /** Smallest piece in voxels. */
  readonly smallest: number;
  readonly judge: (voxels: Uint32Array, peakIndex: number) => Judgement;
}

/**
 * Parts lesions from the organs and from the lesions that they touch, where no valley of uptake does: lumps on compact
 * organs by the organ's own shape, lesions by their necks. Whatever is parted from physiological uptake stays with it
 * unless it is a lesion by its own judgement.
 */
export async function splitTouching(
  volume: Volume,
  pieces: readonly Piece[],
  context: TouchingContext,
): Promise<Piece[]> {
  const result: Piece[] = [];
  for (const piece of pieces)
    for (const part of await fromOrgan(volume, piece, context))
      result.push(...(await fromEachOther(volume, part, context)));
  return result;
}

const isLesion = ({ physiology, probability }: Judgement): boolean =>
  physiology === undefined && (probability?.physiological ?? 0) < SURELY_LESION;

async function fromOrgan(volume: Volume, piece: Piece, context: TouchingContext): Promise<Piece[]> {
  const names = piece.physiology === undefined ? undefined : COMPACT[piece.physiology.organ];
  if (names === undefined) return [piece];
  const isOrgan = organAt(volume, names, context);
  const lumps = await shouldersOf(volume, piece.voxels, isOrgan, context.smallest);
  const lesions = lumps
    .map((lump) => ({
      ...lump,
      judgement: context.judge(lump.voxels, lump.peakIndex),
      physiology: undefined,
    }))
    .filter(({ judgement }) => isLesion(judgement));
  if (lesions.length === 0) return [piece];
  const taken = new Set(lesions.flatMap(({ voxels }) => [...voxels]));
  return [
    withVoxels(
      volume,
      piece,
      piece.voxels.filter((index) => !taken.has(index)),
    ),
    ...lesions,
  ];
}

async function fromEachOther(volume: Volume, piece: Piece, context: TouchingContext): Promise<Piece[]> {
  const voxelMl = (volume.spacingMm[0] * volume.spacingMm[1] * volume.spacingMm[2]) / 1000;
  const { length } = piece.voxels;
  if (length < 2 * context.smallest || length * voxelMl > LARGEST_ML) return [piece];
  const lobes = await lobesOf(volume, piece.voxels);
  if (lobes.length < 2) return [piece];
  const parts = lobes.map((voxels) => {
    const part = withVoxels(volume, piece, voxels);
    return { ...part, judgement: context.judge(voxels, part.peakIndex) };
  });
  if (piece.physiology === undefined) return parts;
  // Two lesions together may look like a loop of bowel; each alone does not.
  return parts.every(({ judgement }) => isLesion(judgement))
    ? parts.map((part) => ({ ...part, physiology: undefined }))
    : [piece];
}

function withVoxels(volume: Volume, piece: Piece, voxels: Uint32Array): Piece {
  const peakIndex = voxels.reduce(
    (best, index) => (volume.data[index]! > volume.data[best]! ? index : best),
    voxels[0]!,
  );
  return { ...piece, voxels, peakIndex };
}

function organAt(
  volume: Volume,
  names: readonly Neighbour[],
  { fused, zones }: TouchingContext,
): (index: number) => boolean {
  const distances = names.flatMap((name) => zones.toOrgan[name] ?? []);
  const [nx, ny] = volume.size;
  const [fx, fy, fz] = fused.labels.size;
  return (index) => {
    const voxel: Vec3 = [index % nx, Math.floor(index / nx) % ny, Math.floor(index / (nx * ny))];
    const [x, y, z] = toVoxel(fused.labels, toWorld(volume, voxel)).map(Math.round) as unknown as Vec3;
    if (x < 0 || y < 0 || z < 0 || x >= fx || y >= fy || z >= fz) return false;
    return distances.some((mm) => mm[x + fx * (y + fy * z)] === 0);
  };
}
