import { type Deformation, type LesionShape, toFixed, toMoving } from '@photopeak/analysis';
import { type Grid, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import type { LabelledLesion, LabelledRegions } from '../petct-oncology/parts.ts';

/** Findings of one examination with the voxels they are made of. */
export interface ExaminationLesions {
  readonly regions: LabelledRegions;
  /** On the grid of its PET. */
  readonly labels: Volume;
  /** Largest distance within each lesion, mm, by its id. */
  readonly diameters: Readonly<Record<string, number>>;
  readonly toCurrent: ToCurrentPet;
  readonly errorMm: number;
}

/** The way from the PET of an examination over its CT and the current CT to the current PET, LPS mm. */
export interface ToCurrentPet {
  /** From its CT to its PET. */
  readonly petOnCt: Deformation;
  /** Null for the current study itself. */
  readonly deformation: Deformation | null;
  readonly currentPetOnCt: Deformation;
}

/** The voxels of each region in the frame of the current PET. */
export function shapesOf(
  { labels, toCurrent }: ExaminationLesions,
  regions: readonly LabelledLesion[],
): LesionShape[] {
  const voxels = voxelsOf(labels, regions);
  return regions.map(({ id, labelValue }) => ({
    id,
    points: toCurrentPet(
      toCurrent,
      (voxels.get(labelValue) ?? []).map((index) => centreOf(labels, index)),
    ),
    voxelMm: labels.spacingMm,
  }));
}

export function voxelsOf(labels: Volume, regions: readonly LabelledLesion[]): Map<number, number[]> {
  const voxels = new Map<number, number[]>(regions.map(({ labelValue }) => [labelValue, []]));
  const { data } = labels;
  for (let index = 0; index < data.length; index++) {
    const value = data[index]!;
    if (value !== 0) voxels.get(value)?.push(index);
  }
  return voxels;
}

export function centreOf(grid: Grid, index: number): Vec3 {
  const [nx, ny] = grid.size;
  return toWorld(grid, [index % nx, Math.floor(index / nx) % ny, Math.floor(index / (nx * ny))]);
}

/** Points of the PET of an examination in the PET of the current one. */
function toCurrentPet(
  { petOnCt, deformation, currentPetOnCt }: ToCurrentPet,
  points: readonly Vec3[],
): Vec3[] {
  if (deformation === null) return [...points];
  return toMoving(currentPetOnCt, toFixed(deformation, toFixed(petOnCt, points)));
}
