import type { CtAnatomy, Doubt, FoundLesions, OrganAnatomy } from '@photopeak/analysis';
import { identity, type Volume } from '@photopeak/imaging';
import { segmentOrgansStep } from '../anatomy/index.ts';
import type { PlaneSource } from '../objects/index.ts';
import type { Finding, StepRunner, StudyInput } from '../pipeline.ts';
import { attempt, type GivenRegistration } from '../study/index.ts';
import { alignPetToCt } from './align.ts';
import type { Alignment, ForeignOutcome } from './alignment.ts';
import { deformPet, isWorthDeforming } from './deform-pet.ts';
import { findLesionsStep } from './find-lesions.ts';
import { findRegistrations, registrationsOnly } from './find-registrations.ts';
import { loadVolumes } from './load-volumes.ts';
import type { PetctParameters } from './parameters.ts';
import { segmentAnatomy } from './segment-anatomy.ts';
import { type Selection, selectSeries } from './select-series.ts';
import { type TracerInUse, tracerInUse } from './tracer.ts';

/** One PET/CT study, from its series to its findings. */
export interface AnalysedStudy {
  readonly selection: Selection;
  /** Hounsfield units. */
  readonly ct: Volume | null;
  /** SUVbw where it can be computed, else the series' own unit. */
  readonly pet: Volume | null;
  readonly ctPlanes: readonly PlaneSource[];
  readonly petPlanes: readonly PlaneSource[];
  readonly anatomy: CtAnatomy | null;
  readonly organs: OrganAnatomy | null;
  /** Null without a PET. */
  readonly tracer: TracerInUse | null;
  readonly alignment: Alignment | null;
  /** Null where lesions could not be sought; a finding says why. */
  readonly found: FoundLesions | null;
  readonly findings: readonly Finding[];
}

/**
 * The steps of a PET/CT study up to its findings, for every pipeline that starts from them. What cannot be computed is
 * left out with a finding that says why. `prepare` may change the PET in SUV before anything is measured on it.
 */
export async function analyseStudy(
  study: StudyInput,
  parameters: Pick<
    PetctParameters,
    'tracer' | 'threshold' | 'uptakeCalibration' | 'minimumMl' | 'alignment' | 'deformable'
  >,
  runner: StepRunner,
  prepare: (pet: Volume) => Promise<Volume> = async (pet) => pet,
): Promise<AnalysedStudy> {
  const selection = await runner.step(selectSeries, study);
  const {
    ct,
    pet: loaded,
    isSuv,
    ctPlanes,
    petPlanes,
    findings: loading,
  } = await runner.step(loadVolumes, { study, selection });
  const findings: Finding[] = [...selection.findings, ...loading];
  const pet = loaded !== null && isSuv ? await prepare(loaded) : loaded;

  const anatomy = ct === null ? null : await attempt(findings, () => runner.step(segmentAnatomy, { ct }));
  const { frameOfReferenceShared } = selection;
  const { alignment: byHand } = parameters;
  const given =
    ct === null || pet === null || byHand !== undefined
      ? []
      : await givenRegistrations(findings, study, selection, parameters, runner);
  const linear =
    ct === null || pet === null
      ? null
      : await runner.step(alignPetToCt, { ct, pet, anatomy, frameOfReferenceShared, given, byHand });
  const alignment =
    ct === null || pet === null || anatomy === null || linear === null
      ? linear
      : isWorthDeforming(linear, parameters.deformable)
        ? await runner.step(deformPet, { ct, pet, anatomy, alignment: linear })
        : linear;
  const isAligned = alignment !== null && alignment.used !== 'none';
  if (alignment !== null && !isAligned) {
    findings.push({
      code: 'REGISTRATION_NOT_CONFIRMED',
      severity: 'error',
      message: `PET and CT are not fused: ${alignment.reason}`,
      remedy: 'register the two by hand, or send the CT of the PET examination',
    });
  }
  if (alignment?.foreign !== undefined) findings.push(foreignFinding(alignment.foreign));
  const petToCt = alignment?.matrix ?? identity;
  const canFind = pet !== null && isSuv && anatomy !== null && isAligned;
  const score = alignment?.score ?? null;
  if (score?.class === 'red' || score?.class === 'amber') {
    findings.push({
      code: 'ALIGNMENT_TO_CHECK',
      severity: 'warning',
      message: `Check fusion alignment, ${score.score}/100: ${score.reason}`,
      remedy: 'look at the fused images there before trusting the site of a finding',
    });
  }
  findings.push(...(score?.doubts ?? []).map(doubtFinding));
  if (alignment?.proposal !== undefined) {
    const { movementMm, score: better } = alignment.proposal;
    findings.push({
      code: 'ALIGNMENT_CORRECTION_PROPOSED',
      severity: 'info',
      message: `a rigid movement of up to ${movementMm.toFixed(1)} mm would score ${better} instead of ${score?.score}; it is not applied`,
      remedy: 'judge it on the fused images; the matrix is in summary.json',
    });
  }
  if (alignment?.deformable?.used === true) {
    findings.push({
      code: 'ALIGNMENT_DEFORMED',
      severity: 'info',
      message: `the PET is deformed to the CT, by up to ${alignment.deformable.largestMm?.toFixed(0)} mm: sites, captures and what is resampled follow; SUV is measured on the voxels of the PET as it is`,
      remedy: 'judge it on the captures; deformable=never leaves it out',
    });
  }
  const organs = anatomy === null ? null : await runner.step(segmentOrgansStep, { anatomy });
  const { tracer, findings: ofTracer } = tracerInUse(selection, parameters.tracer);
  findings.push(...ofTracer);
  const deformation = alignment?.deformation;
  const found =
    canFind && tracer !== null
      ? await runner.step(findLesionsStep, {
          ...{ pet, anatomy, organs, petToCt, tracer: tracer.name, parameters },
          ...(deformation === undefined ? {} : { deformation }),
        })
      : null;
  if (found === null && pet !== null) {
    findings.push({
      code: 'LESIONS_NOT_SOUGHT',
      severity: 'error',
      message: `lesions were not sought: ${isSuv ? 'there is no CT anatomy aligned with the PET' : 'SUV is not computable'}`,
    });
  }
  return { selection, ct, pet, ctPlanes, petPlanes, anatomy, organs, tracer, alignment, found, findings };
}

async function givenRegistrations(
  findings: Finding[],
  study: StudyInput,
  selection: Selection,
  parameters: Pick<PetctParameters, 'deformable'>,
  runner: StepRunner,
): Promise<readonly GivenRegistration[]> {
  if (registrationsOnly(study) === undefined) return [];
  const found = await runner.step(findRegistrations, { study, selection });
  findings.push(...found.findings);
  // A deformable one has no linear part that would be right by itself.
  return parameters.deformable === 'never'
    ? found.given.filter(({ deformation }) => deformation?.field === undefined)
    : found.given;
}

function foreignFinding({ used, reason }: ForeignOutcome): Finding {
  return used
    ? { code: 'FOREIGN_REGISTRATION_USED', severity: 'info', message: reason }
    : {
        code: 'FOREIGN_REGISTRATION_NOT_USED',
        severity: 'warning',
        message: `a registration object of another system relates PET and CT and is not used: ${reason}`,
        remedy: 'judge both alignments on the fused images; in doubt send the object that is right',
      };
}

const DOUBTS: Readonly<Record<Doubt['kind'], Pick<Finding, 'code' | 'severity' | 'remedy'>>> = {
  flipped: {
    code: 'FUSION_FLIPPED',
    severity: 'error',
    remedy: 'send both series again as the scanner made them; do not read them fused',
  },
  'other patient': {
    code: 'FUSION_OTHER_PATIENT',
    severity: 'error',
    remedy: 'compare the two series by eye and at their source; do not read them fused until it is clear',
  },
  arms: {
    code: 'FUSION_ARMS_DIFFER',
    severity: 'warning',
    remedy: 'attenuation is wrong where an arm is on one image only: do not trust uptake values beside it',
  },
  truncated: {
    code: 'FUSION_CT_TRUNCATED',
    severity: 'warning',
    remedy: 'reconstruct the CT with the extended field of view; uptake values at the edge are too low',
  },
  'moved between beds': {
    code: 'FUSION_MOVED_BETWEEN_BEDS',
    severity: 'warning',
    remedy:
      'look at both sides of that height; above or below it the images may need a correction of their own',
  },
};

function doubtFinding({ kind, reason }: Doubt): Finding {
  return { ...DOUBTS[kind], message: reason };
}
