import { identity } from '@photopeak/imaging';
import { segmentOrgansStep } from '../anatomy/index.ts';
import {
  alignEmission,
  alignmentFinding,
  deformationFinding,
  deformEmission,
  type EmissionAlignment,
} from '../emission-alignment/index.ts';
import { segmentAnatomy } from '../petct-oncology/parts.ts';
import type { Finding, Pipeline, PipelineResult, StepRunner, StudyInput } from '../pipeline.ts';
import { attempt } from '../study/index.ts';
import { drawTomogram } from './draw.ts';
import { loadTomogram } from './load.ts';
import { measureRegions } from './measure.ts';
import { packageTomogram } from './package-results.ts';
import { type SpectctParameters, spectctParameters } from './parameters.ts';
import { findRegions } from './regions.ts';
import { selectTomogram, tomogramsRead } from './select-tomogram.ts';
import { summariseTomogram } from './summarise.ts';
import type { SpectctSummary } from './summary.ts';
import { measureTimePoint, type TimePoint } from './time-points.ts';

const name = 'spectct';
const version = '0.1.0';

/** A registration that a second start does not confirm to this is not used: about half a camera's resolution. */
const TRUSTED_MM = 6;
/** Times after one administration lie within days. */
const SAME_ADMINISTRATION_DAYS = 14;

/**
 * SPECT/CT from the series of a study to regions with their activity: foci, organs, structures that others have drawn,
 * and, with examinations from before of the same administration, their course over time.
 */
export const spectct: Pipeline<SpectctParameters, SpectctSummary> = {
  name,
  version,
  title: 'SPECT/CT: activity of foci and organs, ready for dosimetry',
  needs: [
    'a reconstructed tomogram (NM), or a quantitative SPECT in the PET object',
    'an axial CT volume that covers it, for organs and foci',
    'for activity: values in Bq/ml, a Real World Value Mapping, or the sensitivity of the camera',
  ],
  parameters: spectctParameters,
  outputs: [
    {
      name: 'regions-seg',
      description: 'SEG of foci, organs and structures on the SPECT grid',
      required: false,
    },
    { name: 'value-mapping', description: 'Real World Value Mapping to Bq/ml and SUV', required: false },
    { name: 'registration', description: 'Spatial Registration of SPECT to CT', required: false },
    {
      name: 'deformable-registration',
      description: 'Deformable Spatial Registration, where the SPECT is deformed to the CT',
      required: false,
    },
    { name: 'measurements-sr', description: 'SR TID 1500 with all measurements', required: false },
    { name: 'captures', description: 'fused planes through each focus', required: false },
    { name: 'mip-capture', description: 'projections with outlines', required: false },
    { name: 'regions-table', description: 'regions.csv, for a dosimetry program', required: true },
    { name: 'summary', description: 'summary.json', required: true },
    { name: 'report', description: 'report.html', required: true },
  ],
  // Quantitative SPECT is NM or PT; the CT is what times are registered by.
  priors: { least: 0, most: 6, modalities: ['CT'], withinDays: SAME_ADMINISTRATION_DAYS },
  reads: tomogramsRead,
  run,
};

async function run(
  study: StudyInput,
  parameters: SpectctParameters,
  runner: StepRunner,
): Promise<PipelineResult<SpectctSummary>> {
  const selection = await runner.step(selectTomogram, { study, parameters });
  const loaded = await runner.step(loadTomogram, { study, selection });
  const { spect, ct } = loaded;
  const findings: Finding[] = [...selection.findings, ...loaded.findings];
  const anatomy = ct === null ? null : await attempt(findings, () => runner.step(segmentAnatomy, { ct }));
  const organs = anatomy === null ? null : await runner.step(segmentOrgansStep, { anatomy });
  const { frameOfReferenceShared, frameOfReferenceUid, tracer, quantity } = selection;
  const linear =
    ct === null || spect === null
      ? null
      : await runner.step(alignEmission, {
          anatomical: ct,
          emission: spect,
          frameOfReferenceShared,
          trustedMm: TRUSTED_MM,
        });
  const alignment =
    ct === null || spect === null || linear === null || !isToBeDeformed(linear, parameters)
      ? linear
      : await runner.step(deformEmission, {
          anatomical: ct,
          emission: spect,
          kind: 'spect-ct',
          alignment: linear,
        });
  const deformation = alignment?.deformation === undefined ? {} : { deformation: alignment.deformation };
  if (alignment?.used === 'none') {
    findings.push({
      code: 'REGISTRATION_NOT_CONFIRMED',
      severity: 'error',
      message: `SPECT and CT are not fused: ${alignment.reason}`,
      remedy: 'register the two by hand, or send the CT of the SPECT examination',
    });
  }
  findings.push(
    ...alignmentFinding(
      'SPECT and CT',
      alignment?.suggestedMm == null ? [] : [{ where: 'the body moved by up to', mm: alignment.suggestedMm }],
      parameters.misalignmentLimitMm,
    ),
  );
  findings.push(
    ...deformationFinding(alignment, {
      emission: 'SPECT',
      anatomical: 'CT',
      follows: 'organs, sites and captures',
    }),
  );
  const spectToCt = alignment === null || alignment.used === 'none' ? null : alignment.matrix;
  const found =
    spect === null
      ? null
      : await runner.step(findRegions, {
          study,
          spect,
          frameOfReferenceUid,
          organs,
          spectToCt,
          ...deformation,
          tracer,
          parameters,
        });
  findings.push(...(found?.findings ?? []));
  const regions = found?.regions ?? [];
  const timePoints: TimePoint[] = [];
  if (spect !== null && regions.length > 0 && quantity?.status === 'quantitative') {
    for (const other of study.priors ?? []) {
      const { point, findings: told } = await runner.step(measureTimePoint, {
        study: other,
        selection,
        spect,
        ct: spectToCt === null ? null : ct,
        spectToCt: spectToCt ?? identity,
        regions,
        parameters,
      });
      findings.push(...told);
      if (point !== null) timePoints.push(point);
    }
  }
  const measured =
    spect === null
      ? []
      : measureRegions({
          run: runner.run,
          studyInstanceUid: study.studyInstanceUid,
          spect,
          quantity,
          regions,
          reference: found?.reference ?? null,
          timePoints,
          parameters,
        });
  const captures =
    spect === null
      ? null
      : await runner.step(drawTomogram, {
          spect,
          ct,
          spectToCt,
          ...deformation,
          regions,
          measured,
          atMost: parameters.captures,
        });
  const summary = summariseTomogram({
    identity: { pipeline: { name, version }, run: runner.run },
    parameters,
    selection,
    spect,
    alignment,
    found,
    measured,
    findings,
  });
  const packaged = await runner.step(packageTomogram, {
    pipeline: { name, version },
    parameters,
    summary,
    ...loaded,
    alignment,
    regions,
    captures,
    anyFile: study.instances[0]?.path ?? null,
  });
  return { ...packaged, findings };
}

/**
 * Whether a deformation is tried. One on top of an alignment that the images contradict would hide that the patient moved:
 * a person decides about that first.
 */
const isToBeDeformed = (
  { used, suggestedMm }: EmissionAlignment,
  { deformable, misalignmentLimitMm }: SpectctParameters,
): boolean => deformable === 'auto' && used !== 'none' && (suggestedMm ?? 0) <= misalignmentLimitMm;
