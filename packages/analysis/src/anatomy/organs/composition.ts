import { emptyVolume, type Volume } from '@photopeak/imaging';
import { voxelMap } from '../../sampling/index.ts';
import { ANATOMY_LABELS } from '../labels.ts';
import { COMPARTMENTS, type L3Plane } from './l3-plane.ts';

/** Values of the label map of tissues at L3. */
export const TISSUE_LABELS = { muscle: 1, subcutaneousFat: 2, visceralFat: 3 } as const;
export type TissueName = keyof typeof TISSUE_LABELS;

/** Areas of tissue in the axial slice of a CT through the middle of L3. */
export interface BodyComposition {
  readonly level: 'L3';
  /** Height of the plane, LPS mm. */
  readonly z: number;
  readonly muscleMm2: number;
  readonly subcutaneousFatMm2: number;
  readonly visceralFatMm2: number;
  /** Probability that the plane is that of L3. */
  readonly confidence: number;
  readonly findings: readonly string[];
}

export interface MeasuredComposition {
  readonly composition: BodyComposition;
  /** `TISSUE_LABELS` on the grid of the CT, in the one slice that was measured. */
  readonly labels: Volume<Uint8Array>;
}

/** HU of muscle and of fat, as the literature on sarcopenia has them (Mourtzakis 2008, Prado 2008). */
const MUSCLE_HU = [-29, 150] as const;
const SUBCUTANEOUS_HU = [-190, -30] as const;
const VISCERAL_HU = [-150, -50] as const;

const within = (hu: number, [low, high]: readonly [number, number]) => hu >= low && hu <= high;

/** The tissue of a pixel in a compartment, by its HU; 0 where it is none of the three. */
function tissueOf(compartment: number, hu: number): number {
  const isOutside = compartment === COMPARTMENTS.wall || compartment === COMPARTMENTS.skin;
  const mayBeMuscle = compartment === COMPARTMENTS.wall || compartment === COMPARTMENTS.besideSpine;
  if (within(hu, MUSCLE_HU)) return mayBeMuscle ? TISSUE_LABELS.muscle : 0;
  if (isOutside) return within(hu, SUBCUTANEOUS_HU) ? TISSUE_LABELS.subcutaneousFat : 0;
  return within(hu, VISCERAL_HU) ? TISSUE_LABELS.visceralFat : 0;
}

/**
 * Muscle and fat at L3 on the slice of the CT nearest to the middle of the vertebra. `labels` are `ORGAN_LABELS` on the
 * grid of the CT: what has an organ's name is neither. The trunk alone counts: arms beside it are left out.
 */
export function measureComposition(
  ct: Volume,
  labels: Volume<Uint8Array>,
  plane: L3Plane,
): MeasuredComposition {
  const tissue = emptyVolume(ct, 'uint8', '1');
  const toPlane = voxelMap(ct, plane.grid);
  const along = [0, 1, 2].reduce((a, b) => (Math.abs(toPlane[8 + b]!) > Math.abs(toPlane[8 + a]!) ? b : a));
  const middle = ct.size.map((count) => (count - 1) / 2);
  const heightAt = (slice: number) =>
    [0, 1, 2].reduce(
      (sum, axis) => sum + toPlane[8 + axis]! * (axis === along ? slice : middle[axis]!),
      toPlane[11]!,
    );
  let slice = 0;
  for (let n = 1; n < ct.size[along]!; n++) if (Math.abs(heightAt(n)) < Math.abs(heightAt(slice))) slice = n;
  const [nx, ny, nz] = ct.size;
  const first = [0, 0, 0].map((_, axis) => (axis === along ? slice : 0));
  const last = [nx, ny, nz].map((count, axis) => (axis === along ? slice : count - 1));
  const counts = [0, 0, 0, 0];
  for (let k = first[2]!; k <= last[2]!; k++)
    for (let j = first[1]!; j <= last[1]!; j++)
      for (let i = first[0]!; i <= last[0]!; i++) {
        const x = Math.round(toPlane[0] * i + toPlane[1] * j + toPlane[2] * k + toPlane[3]);
        const y = Math.round(toPlane[4] * i + toPlane[5] * j + toPlane[6] * k + toPlane[7]);
        if (x < 0 || y < 0 || x >= plane.grid.size[0] || y >= plane.grid.size[1]) continue;
        const compartment = plane.compartments[x + plane.grid.size[0] * y]!;
        const n = i + nx * (j + ny * k);
        if (compartment === 0 || labels.data[n] !== ANATOMY_LABELS.body) continue;
        const found = tissueOf(compartment, ct.data[n]!);
        tissue.data[n] = found;
        counts[found]!++;
      }
  const mm2 = ct.spacingMm.reduce((area, mm, axis) => (axis === along ? area : area * mm), 1);
  return {
    labels: tissue,
    composition: {
      level: 'L3',
      z: plane.z,
      muscleMm2: counts[TISSUE_LABELS.muscle]! * mm2,
      subcutaneousFatMm2: counts[TISSUE_LABELS.subcutaneousFat]! * mm2,
      visceralFatMm2: counts[TISSUE_LABELS.visceralFat]! * mm2,
      confidence: plane.confidence,
      findings: plane.findings,
    },
  };
}
