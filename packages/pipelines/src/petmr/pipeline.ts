import {
  alignEmission,
  alignmentFinding,
  deformationFinding,
  deformEmission,
} from '../emission-alignment/index.ts';
import { findLesionsStep, labelledRegions, tracerInUse } from '../petct-oncology/parts.ts';
import type { Finding, Pipeline, PipelineResult, StepRunner, StudyInput } from '../pipeline.ts';
import { attempt } from '../study/index.ts';
import { drawPetmr } from './draw.ts';
import { type JudgedAlignment, judgeAlignment } from './judge-alignment.ts';
import { loadPetmr } from './load.ts';
import { measureMr } from './measure-mr.ts';
import { packagePetmr } from './package-results.ts';
import { type PetmrParameters, petmrParameters } from './parameters.ts';
import { segmentMr } from './segment-mr.ts';
import { petmrSeriesRead, selectPetmr } from './select-series.ts';
import { summarisePetmr } from './summarise.ts';
import type { PetmrSummary } from './summary.ts';

const name = 'petmr';
const version = '0.1.0';

/** A registration that a second start does not confirm to this is not used, mm. */
const TRUSTED_MM = 4;

/** FDG PET/MR: lesions of the PET, with what each MR sequence shows inside. */
export const petmr: Pipeline<PetmrParameters, PetmrSummary> = {
  name,
  version,
  title: 'FDG PET/MR: alignment, lesions, and MR inside them',
  needs: [
    'an attenuation-corrected PET volume with Units BQML, CNTS (Philips), GML, CM2ML or CPS',
    'an axial MR volume that covers it, best Dixon in-phase with water and fat',
    'patient weight, injected activity and times for SUV',
  ],
  parameters: petmrParameters,
  outputs: [
    { name: 'lesions-seg', description: 'SEG of the lesions on the PET grid', required: false },
    { name: 'physiological-seg', description: 'SEG of uptake recognised as physiological', required: false },
    { name: 'mr-anatomy-seg', description: 'SEG of body and lungs on the MR grid', required: false },
    { name: 'registration', description: 'Spatial Registration of PET to MR', required: false },
    {
      name: 'deformable-registration',
      description: 'Deformable Spatial Registration, where the PET is deformed to the MR',
      required: false,
    },
    { name: 'measurements-sr', description: 'SR TID 1500 with all measurements', required: false },
    { name: 'captures', description: 'planes through each lesion, PET over MR', required: false },
    { name: 'mip-capture', description: 'projections with outlines', required: false },
    { name: 'summary', description: 'summary.json', required: true },
    { name: 'report', description: 'report.html', required: true },
  ],
  reads: petmrSeriesRead,
  run,
};

async function run(
  study: StudyInput,
  parameters: PetmrParameters,
  runner: StepRunner,
): Promise<PipelineResult<PetmrSummary>> {
  const identity = { pipeline: { name, version }, run: runner.run };
  const selection = await runner.step(selectPetmr, study);
  const loaded = await runner.step(loadPetmr, { study, selection });
  const { pet, mr, isSuv } = loaded;
  const findings: Finding[] = [...selection.findings, ...loaded.findings];
  const segmented =
    mr === null
      ? null
      : await attempt(findings, () =>
          runner.step(segmentMr, { study, body: mr, water: selection.water, fat: selection.fat }),
        );
  const anatomy = segmented?.anatomy ?? null;
  findings.push(...(segmented?.findings ?? []));
  const linear =
    anatomy === null || pet === null
      ? null
      : await runner.step(alignEmission, {
          anatomical: anatomy.anatomy.ct,
          emission: pet,
          frameOfReferenceShared: selection.frameOfReferenceShared,
          trustedMm: TRUSTED_MM,
        });
  if (linear?.used === 'none') {
    findings.push({
      code: 'REGISTRATION_NOT_CONFIRMED',
      severity: 'error',
      message: `PET and MR are not fused: ${linear.reason}`,
      remedy: 'register the two by hand, or send the MR of the PET examination',
    });
  }
  const petToMr = linear === null || linear.used === 'none' ? null : linear.matrix;
  const judgedLinear =
    anatomy === null || pet === null || petToMr === null
      ? null
      : await runner.step(judgeAlignment, { anatomy: anatomy.anatomy, pet, petToMr });
  const alignment =
    anatomy === null ||
    pet === null ||
    mr === null ||
    linear === null ||
    !isWorthDeforming(judgedLinear, parameters)
      ? linear
      : await runner.step(deformEmission, {
          anatomical: mr,
          emission: pet,
          kind: 'pet-mr',
          alignment: linear,
          anatomy: anatomy.anatomy,
        });
  const deformation = alignment?.deformation === undefined ? {} : { deformation: alignment.deformation };
  const judged =
    anatomy === null || pet === null || petToMr === null || alignment?.deformation === undefined
      ? judgedLinear
      : await runner.step(judgeAlignment, { anatomy: anatomy.anatomy, pet, petToMr, ...deformation });
  findings.push(
    ...deformationFinding(alignment, {
      emission: 'PET',
      anatomical: 'MR',
      follows: 'sites, MR inside lesions and captures',
    }),
  );
  findings.push(
    ...alignmentFinding(
      'PET and MR',
      (judged?.regions ?? []).map(({ name: where, misalignmentMm: mm }) => ({ where, mm })),
      parameters.misalignmentLimitMm,
    ),
  );
  const { tracer, findings: ofTracer } = tracerInUse(selection, parameters.tracer);
  findings.push(...ofTracer);
  const found =
    tracer === null || pet === null || !isSuv || anatomy === null || petToMr === null
      ? null
      : await runner.step(findLesionsStep, {
          pet,
          anatomy: anatomy.anatomy,
          organs: null,
          petToCt: petToMr,
          ...deformation,
          tracer: tracer.name,
          parameters,
        });
  if (found === null && pet !== null) {
    findings.push({
      code: 'LESIONS_NOT_SOUGHT',
      severity: 'error',
      message: `lesions were not sought: ${isSuv ? 'there is no MR of the body aligned with the PET' : 'SUV is not computable'}`,
    });
  }
  const regions = labelledRegions(identity, found);
  const measured =
    found === null || pet === null || petToMr === null || regions.lesions.length === 0
      ? null
      : await runner.step(measureMr, {
          study,
          sequences: selection.measured,
          pet,
          labels: found.labels,
          labelValues: regions.lesions.map(({ labelValue }) => labelValue),
          petToMr,
          ...deformation,
        });
  findings.push(...(measured?.findings ?? []));
  const summary = summarisePetmr({
    identity,
    parameters,
    selection,
    tracer,
    alignment,
    judged,
    anatomy,
    found,
    regions,
    mr: measured?.lesions ?? [],
    findings,
  });
  const captures =
    pet === null
      ? null
      : await runner.step(drawPetmr, {
          mr,
          pet,
          labels: found?.labels ?? null,
          ...regions,
          petToMr,
          ...deformation,
          atMost: parameters.captures,
        });
  const packaged = await runner.step(packagePetmr, {
    pipeline: identity.pipeline,
    parameters,
    summary,
    ...loaded,
    alignment,
    anatomy,
    found,
    regions,
    captures,
    anyFile: study.instances[0]?.path ?? null,
  });
  return { ...packaged, findings };
}

/** A region that is off by less gains nothing by a deformation, which is right to about 3 mm. */
const WORTH_DEFORMING_MM = 6;

/** Whether a deformation is tried: by itself only where a region of the body is clearly off. */
function isWorthDeforming(judged: JudgedAlignment | null, { deformable }: PetmrParameters): boolean {
  if (deformable === 'never' || judged === null || judged.regions.length === 0) return false;
  return (
    deformable === 'always' ||
    judged.regions.some(({ misalignmentMm }) => misalignmentMm >= WORTH_DEFORMING_MM)
  );
}
