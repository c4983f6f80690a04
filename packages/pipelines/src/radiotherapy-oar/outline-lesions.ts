import { contouredMl, type FoundLesions, uptakeContours } from '@photopeak/analysis';
import { sct } from '@photopeak/dicom';
import { type Mat4, type Volume, voxelVolumeMl } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import type { RadiotherapyParameters } from './parameters.ts';
import type { PlannedStructure } from './structure.ts';

export interface LesionInput {
  readonly ct: Volume;
  /** SUVbw. */
  readonly pet: Volume;
  readonly found: FoundLesions;
  readonly petToCt: Mat4;
  /** Of the alignment in use; null where it could not be scored. */
  readonly alignmentScore: number | null;
  readonly parameters: RadiotherapyParameters;
}

/** Smaller lesions than this many voxels of the PET have no certain outline. */
const FEWEST_VOXELS = 8;

/** The lesions of the PET as isocontours of their uptake on the slices of the planning CT. */
export const outlineLesions: Step<LesionInput, readonly PlannedStructure[]> = {
  name: 'outline-lesions',
  version: '2',
  resource: 'cpu',
  run: async ({ ct, pet, found, petToCt, alignmentScore, parameters }, { progress }) => {
    const lesions = found.findings.filter(({ hidden }) => !hidden);
    const structures: PlannedStructure[] = [];
    const { tolerance, holes } = parameters;
    for (const [index, lesion] of lesions.entries()) {
      const { measurement: m, site } = lesion;
      const level = lesion.outlineSuv;
      const contours = await uptakeContours(
        { values: pet, labels: found.labels, label: lesion.id, level },
        ct,
        petToCt,
        { toleranceVoxels: tolerance, holes: holes === 'xor' ? 'separate' : 'keyhole' },
      );
      const toCheck = ['whether this uptake is a target at all'];
      if (m.voxels < FEWEST_VOXELS) {
        toCheck.push(
          `only ${m.voxels} voxels of ${(1000 * voxelVolumeMl(pet)).toFixed(0)} mm³: the outline is uncertain`,
        );
      }
      if (alignmentScore === null) toCheck.push('the alignment of PET and CT, which could not be scored');
      else if (alignmentScore < 80) toCheck.push(`the alignment of PET and CT (${alignmentScore}/100)`);
      if (contours.length === 0)
        toCheck.push('it has no contour: it lies beside the planning CT, or between its slices');
      structures.push({
        name: `zPET_${index + 1}`,
        origin: 'lesion',
        description: `${site.side === 'midline' ? '' : `${site.side ?? ''} `}${site.name}`
          .trim()
          .concat(
            `: SUVmax ${m.max.toFixed(2)}, ${m.mtvMl.toFixed(1)} ml in voxels of the PET, isocontour of SUV ${level.toFixed(2)} (${found.threshold.derivation})`,
          ),
        type: sct.lesion,
        laterality: null,
        interpretedType: parameters.lesionType === 'GTV' ? 'GTV' : '',
        colour: [255, 64, 0],
        contours,
        volumeMl: contouredMl(contours, ct),
        confidence: lesion.confidence,
        toCheck,
      });
      progress((index + 1) / lesions.length, `lesion ${index + 1}`);
    }
    return structures;
  },
};
