import { contouredMl, contoursToMask, doseAtVolume, structureHistogram } from '@photopeak/analysis';
import {
  type Dose,
  type StructureRoi,
  type StructureSet,
  structureName,
  structureOfName,
} from '@photopeak/dicom';
import { PhotopeakError, type Volume } from '@photopeak/imaging';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import type { PlannedStructure } from './structure.ts';
import { dosesOf, structureSetsOf } from './structure-sets.ts';
import type { SummaryStructure } from './summary.ts';

export interface AssessInput {
  readonly study: StudyInput;
  readonly ct: Volume;
  readonly frameOfReferenceUid: string | null;
  readonly structures: readonly PlannedStructure[];
}

/** What the rest of the study says of a structure, in the order of the structures. */
export interface Assessed {
  readonly assessments: readonly Pick<SummaryStructure, 'agreement' | 'doses'>[];
  readonly findings: readonly Finding[];
}

/** Below this overlap with the structure that somebody drew, ours is to be checked. */
export const AGREES_DICE = 0.85;

/**
 * Holds each structure against those of the same name that a set of the study has on this CT, and against the doses
 * of the study.
 */
export const assessStructures: Step<AssessInput, Assessed> = {
  name: 'assess',
  version: '1',
  resource: 'cpu',
  run: async ({ study, ct, frameOfReferenceUid, structures }, { progress }) => {
    const findings: Finding[] = [];
    // The step before has told what was wrong with the sets.
    const sets = structureSetsOf(study, []).filter(
      (set) => frameOfReferenceUid !== null && set.frameOfReferenceUids.includes(frameOfReferenceUid),
    );
    const doses = (await dosesOf(study, findings)).filter((dose) => {
      const isHere =
        dose.frameOfReferenceUid === undefined || dose.frameOfReferenceUid === frameOfReferenceUid;
      if (!isHere) {
        findings.push({
          code: 'RT_DOSE_ELSEWHERE',
          severity: 'info',
          message: `a dose (${dose.summationType}) lies in another frame of reference than the planning CT and is not used`,
        });
      }
      return isHere;
    });
    const assessments = structures.map((structure, index) => {
      progress((index + 1) / structures.length, structure.name);
      return { agreement: agreementOf(structure, sets, ct), doses: dosesAt(structure, doses, ct) };
    });
    return { assessments, findings };
  },
};

/** The same structure in a set of the study, by its name or its code. */
function counterpart(structure: PlannedStructure, set: StructureSet): StructureRoi | undefined {
  const ours = structure.name.toLowerCase();
  return set.rois.find((roi) => {
    if (roi.contours.length === 0) return false;
    if (roi.name.toLowerCase() === ours) return true;
    const named = structureOfName(roi.name);
    return named !== undefined && structureName(named.type, named.laterality)?.toLowerCase() === ours;
  });
}

function agreementOf(
  structure: PlannedStructure,
  sets: readonly StructureSet[],
  ct: Volume,
): SummaryStructure['agreement'] {
  if (structure.origin !== 'anatomy') return null;
  for (const set of sets) {
    const roi = counterpart(structure, set);
    if (roi === undefined) continue;
    const theirs = contoursToMask(roi.contours, ct);
    const ours = contoursToMask(structure.contours, ct);
    let both = 0;
    let all = 0;
    let their = 0;
    for (let n = 0; n < ours.data.length; n++) {
      const [a, b] = [ours.data[n]!, theirs.data[n]!];
      both += a & b;
      all += a + b;
      their += b;
    }
    const [x, y, z] = ct.spacingMm;
    return {
      setLabel: set.label,
      name: roi.name,
      dice: all === 0 ? 0 : (2 * both) / all,
      volumeMl: (their * x * y * z) / 1000,
    };
  }
  return null;
}

function dosesAt(structure: PlannedStructure, doses: readonly Dose[], ct: Volume): SummaryStructure['doses'] {
  if (contouredMl(structure.contours, ct) === 0) return [];
  return doses.flatMap((dose) => {
    if (dose.volume.unit !== 'Gy') return [];
    try {
      const histogram = structureHistogram(dose.volume, structure.contours, { thicknessMm: ct.spacingMm[2] });
      return [
        {
          summationType: dose.summationType,
          coveredPercent: (100 * histogram.coveredMl) / histogram.volumeMl,
          meanGy: histogram.meanGy,
          maximumGy: histogram.maximumGy,
          d95Gy: doseAtVolume(histogram, { percent: 95 }) ?? null,
          d2Gy: doseAtVolume(histogram, { percent: 2 }) ?? null,
        },
      ];
    } catch (error) {
      // A structure that the dose does not reach has no row for it.
      if (error instanceof PhotopeakError) return [];
      throw error;
    }
  });
}
