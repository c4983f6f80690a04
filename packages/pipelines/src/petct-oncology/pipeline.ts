import { identity, PhotopeakError } from '@photopeak/imaging';
import type { Finding, Pipeline, PipelineResult, StepRunner, StudyInput } from '../pipeline.ts';
import { alignPetToCt } from './align.ts';
import { drawCaptures } from './draw-captures.ts';
import { findLesionsStep } from './find-lesions.ts';
import { loadVolumes } from './load-volumes.ts';
import { hasOneFactor, NIFTI_OUTPUTS } from './objects/index.ts';
import { packageResults } from './package-results.ts';
import { type PetctParameters, petctAdditions, petctParameters } from './parameters.ts';
import { segmentAnatomy } from './segment-anatomy.ts';
import { selectSeries, seriesRead } from './select-series.ts';
import { labelledRegions } from './summarise.ts';
import type { PetctSummary } from './summary.ts';

const name = 'petct-oncology';
const version = '0.1.0';

/**
 * FDG PET/CT from the series of a study to measured lesions. What cannot be computed is left out with a finding that
 * says why; what can be is delivered.
 */
export const petctOncology: Pipeline<PetctParameters, PetctSummary> = {
  name,
  version,
  title: 'FDG PET/CT: alignment, anatomy, lesions, measurements',
  needs: [
    'an attenuation-corrected PET volume with Units BQML, CNTS (Philips), GML, CM2ML or CPS',
    'an axial CT volume that covers it',
    'patient weight, injected activity and times for SUV',
  ],
  parameters: petctParameters,
  additions: petctAdditions,
  outputs: [
    { name: 'lesions-seg', description: 'SEG of the lesions on the PET grid', required: false },
    { name: 'physiological-seg', description: 'SEG of uptake recognised as physiological', required: false },
    {
      name: 'anatomy-seg',
      description: 'SEG of body, lungs, airways and bone on the CT grid',
      required: false,
    },
    { name: 'registration', description: 'Spatial Registration of PET to CT', required: false },
    { name: 'measurements-sr', description: 'SR TID 1500 with all measurements', required: false },
    { name: 'captures', description: 'fused planes through each lesion', required: false },
    { name: 'mip-capture', description: 'projections with outlines', required: false },
    { name: 'resampled-pet', description: 'PET on the CT grid, on request', required: false },
    ...Object.entries(NIFTI_OUTPUTS).map(([output, description]) => ({
      name: output,
      description: `${description}; on request`,
      required: false,
    })),
    { name: 'summary', description: 'summary.json', required: true },
    { name: 'report', description: 'report.html', required: true },
  ],
  reads: seriesRead,
  run,
};

async function run(
  study: StudyInput,
  parameters: PetctParameters,
  runner: StepRunner,
): Promise<PipelineResult<PetctSummary>> {
  const selection = await runner.step(selectSeries, study);
  const {
    ct,
    pet,
    isSuv,
    ctPlanes,
    petPlanes,
    findings: loading,
  } = await runner.step(loadVolumes, { study, selection });
  const findings: Finding[] = [...selection.findings, ...loading];

  const anatomy = ct === null ? null : await attempt(findings, () => runner.step(segmentAnatomy, { ct }));
  const { frameOfReferenceShared } = selection;
  const alignment =
    ct === null || pet === null
      ? null
      : await runner.step(alignPetToCt, { ct, pet, anatomy, frameOfReferenceShared });
  const isAligned = alignment !== null && alignment.used !== 'none';
  if (alignment !== null && !isAligned) {
    findings.push({
      code: 'REGISTRATION_NOT_CONFIRMED',
      severity: 'error',
      message: `PET and CT are not fused: ${alignment.reason}`,
      remedy: 'register the two by hand, or send the CT of the PET examination',
    });
  }
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
  const found = canFind ? await runner.step(findLesionsStep, { pet, anatomy, petToCt, parameters }) : null;
  if (found === null && pet !== null) {
    findings.push({
      code: 'LESIONS_NOT_SOUGHT',
      severity: 'error',
      message: `lesions were not sought: ${isSuv ? 'there is no CT anatomy aligned with the PET' : 'SUV is not computable'}`,
    });
  }
  const regions = labelledRegions({ pipeline: { name, version }, run: runner.run }, found);
  const captures =
    pet === null
      ? null
      : await runner.step(drawCaptures, {
          ct,
          pet,
          labels: found?.labels ?? null,
          ...regions,
          petToCt: isAligned ? petToCt : null,
          atMost: parameters.captures,
        });
  if (parameters.resampledPet && !(isAligned && hasOneFactor(selection.suv))) {
    findings.push({
      code: 'RESAMPLED_PET_NOT_WRITTEN',
      severity: 'error',
      message: isAligned
        ? 'the PET was not resampled as DICOM: its SUV factor differs from slice to slice'
        : 'the PET was not resampled: there is no PET and CT that are aligned',
    });
  }
  const packaged = await runner.step(packageResults, {
    pipeline: { name, version },
    parameters,
    selection,
    ct,
    pet,
    ctPlanes,
    petPlanes,
    alignment,
    anatomy,
    found,
    regions,
    captures,
    findings,
  });
  return { ...packaged, findings };
}

/** A part that the input does not allow becomes a finding; the rest goes on. */
async function attempt<T>(findings: Finding[], work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    findings.push({
      code: error.code,
      severity: 'warning',
      message: error.message,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    });
    return null;
  }
}
