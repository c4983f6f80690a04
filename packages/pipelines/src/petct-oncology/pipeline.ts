import { anatomySite, modelledAnatomy, segmentLobesStep } from '../anatomy/index.ts';
import type { Pipeline, PipelineResult, StepRunner, StudyInput } from '../pipeline.ts';
import { wayToPet } from './alignment.ts';
import { analyseStudy } from './analyse-study.ts';
import { drawCaptures } from './draw-captures.ts';
import { hasOneFactor, NIFTI_OUTPUTS } from './objects/index.ts';
import { packageResults } from './package-results.ts';
import { type PetctParameters, petctAdditions, petctParameters } from './parameters.ts';
import { draftPromise, isPsma } from './promise.ts';
import { seriesRead } from './select-series.ts';
import { labelledRegions } from './summarise.ts';
import type { PetctSummary } from './summary.ts';

const name = 'petct-oncology';
const version = '0.1.0';

/**
 * Oncological PET/CT from the series of a study to measured lesions. What cannot be computed is left out with a finding that
 * says why; what can be is delivered.
 */
export const petctOncology: Pipeline<PetctParameters, PetctSummary> = {
  name,
  version,
  title:
    'PET/CT of FDG, PSMA, somatostatin receptors, FAPI or fluoride: alignment, anatomy, lesions, measurements',
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
      description: 'SEG of organs, vertebrae, lungs, airways and bone on the CT grid',
      required: false,
    },
    {
      name: 'composition-seg',
      description: 'SEG of muscle and fat in the slice through L3',
      required: false,
    },
    {
      name: 'lobes-seg',
      description: 'SEG of the lobes of the lungs, where CT shows their fissures',
      required: false,
    },
    { name: 'registration', description: 'Spatial Registration of PET to CT', required: false },
    {
      name: 'deformable-registration',
      description: 'Deformable Spatial Registration, where the PET is deformed to the CT',
      required: false,
    },
    { name: 'measurements-sr', description: 'SR TID 1500 with all measurements', required: false },
    { name: 'captures', description: 'fused planes through each lesion', required: false },
    { name: 'mip-capture', description: 'projections with outlines', required: false },
    { name: 'resampled-pet', description: 'PET on the CT grid, on request', required: false },
    {
      name: 'fusion',
      description: 'Blending Presentation State of the resampled PET over the CT, with it',
      required: false,
    },
    ...Object.entries(NIFTI_OUTPUTS).map(([output, description]) => ({
      name: output,
      description: `${description}; on request`,
      required: false,
    })),
    { name: 'summary', description: 'summary.json', required: true },
    { name: 'report', description: 'report.html', required: true },
  ],
  site: anatomySite(({ chosen }) => chosen.ct?.seriesInstanceUid),
  reads: seriesRead,
  run,
};

async function run(
  study: StudyInput,
  parameters: PetctParameters,
  runner: StepRunner,
): Promise<PipelineResult<PetctSummary>> {
  const analysed = await analyseStudy(study, parameters, runner);
  const { selection, ct, pet, alignment, found } = analysed;
  const findings = [...analysed.findings];
  const isAligned = alignment !== null && alignment.used !== 'none';
  const { organs, anatomy } = analysed;
  const lobes = ct === null || anatomy === null ? null : await runner.step(segmentLobesStep, { ct, anatomy });
  const modelled = await modelledAnatomy(runner, ct, organs, parameters.anatomyModel);
  findings.push(...modelled.findings);
  const regions = labelledRegions({ pipeline: { name, version }, run: runner.run }, found);
  const captures =
    pet === null
      ? null
      : await runner.step(drawCaptures, {
          ct,
          pet,
          labels: found?.labels ?? null,
          ...regions,
          petOnCt: wayToPet(alignment),
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
  const promise =
    pet !== null && found !== null && isPsma(found.tracer)
      ? await runner.step(draftPromise, { pet, found, regions })
      : null;
  const packaged = await runner.step(packageResults, {
    pipeline: { name, version },
    parameters,
    ...analysed,
    modelled: modelled.applied,
    lobes,
    regions,
    captures,
    promise,
    findings,
  });
  return { ...packaged, findings };
}
