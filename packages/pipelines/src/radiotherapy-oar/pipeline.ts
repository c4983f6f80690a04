import { PhotopeakError } from '@photopeak/imaging';
import { anatomySite, modelledAnatomy, segmentLobesStep } from '../anatomy/index.ts';
import { analyseStudy } from '../petct-oncology/analyse-study.ts';
import { seriesRead } from '../petct-oncology/select-series.ts';
import type { Finding, Pipeline, PipelineResult, StepRunner, StudyInput } from '../pipeline.ts';
import { assessStructures } from './assess.ts';
import { drawStructures } from './draw-captures.ts';
import { outlineLesions } from './outline-lesions.ts';
import { outlineLobes } from './outline-lobes.ts';
import { outlineOrgans } from './outline-organs.ts';
import { packageStructures } from './package-results.ts';
import { type RadiotherapyParameters, radiotherapyParameters } from './parameters.ts';
import { propagateStructures } from './propagate.ts';
import type { RadiotherapySummary } from './summary.ts';

const name = 'radiotherapy-oar';
const version = '0.1.0';

/** What the series of a study are about; only these are read beyond their headers, with PET and CT. */
const RADIOTHERAPY_MODALITIES = ['RTSTRUCT', 'RTDOSE'];

/**
 * Structures for a planning CT: organs of its anatomy, lesions of a PET that lies on it, structures of a plan from
 * before. What cannot be computed is left out with a finding that says why.
 */
export const radiotherapyOar: Pipeline<RadiotherapyParameters, RadiotherapySummary> = {
  name,
  version,
  title: 'Radiotherapy: organs at risk, PET lesions and earlier structures on the planning CT',
  needs: [
    'an axial CT volume, the planning CT',
    'optional: a PET in SUV that lies on it, structure sets and doses, a study from before with CT and structure set',
  ],
  parameters: radiotherapyParameters,
  priors: { least: 0, most: 3, modalities: ['CT', 'RTSTRUCT'] },
  outputs: [
    { name: 'structures', description: 'RT Structure Set on the planning CT', required: false },
    { name: 'structures-seg', description: 'SEG of the organs on the planning CT', required: false },
    {
      name: 'lobes-seg',
      description: 'SEG of the lobes of the lungs, where CT shows their fissures',
      required: false,
    },
    { name: 'captures', description: 'slices with the contours', required: false },
    { name: 'summary', description: 'summary.json', required: true },
    { name: 'report', description: 'report.html', required: true },
  ],
  site: anatomySite(({ chosen }) => chosen.ct?.seriesInstanceUid),
  reads: async (study) => {
    const others = study.instances.filter(({ modality }) => RADIOTHERAPY_MODALITIES.includes(modality));
    const read = [...(await seriesRead(study)), ...others.map(({ seriesInstanceUid }) => seriesInstanceUid)];
    return [...new Set(read)];
  },
  run,
};

async function run(
  study: StudyInput,
  parameters: RadiotherapyParameters,
  runner: StepRunner,
): Promise<PipelineResult<RadiotherapySummary>> {
  const analysed = await analyseStudy(study, { ...parameters, deformable: 'never' }, runner);
  const { selection, ct, ctPlanes, anatomy, organs, pet, alignment, found } = analysed;
  if (ct === null) {
    throw new PhotopeakError('the study has no planning CT', {
      code: 'RT_NO_PLANNING_CT',
      expected: 'an axial CT volume',
      found: `${study.instances.length} instances without one`,
      where: study.studyInstanceUid,
      remedy: 'send the planning CT; photopeak inspect says why a series is not chosen',
    });
  }
  const findings = withoutPet(study, analysed.findings);
  const modelled = await modelledAnatomy(runner, ct, organs, parameters.anatomyModel);
  findings.push(...modelled.findings);
  const placed = modelled.applied;
  const outlined =
    organs === null ? null : await runner.step(outlineOrgans, { ct, organs, placed, parameters });
  const lobes =
    anatomy === null || outlined === null
      ? null
      : await runner.step(outlineLobes, {
          organs: outlined.labels,
          lobes: await runner.step(segmentLobesStep, { ct, anatomy }),
          parameters,
        });
  const lesions =
    pet === null || found === null || alignment === null
      ? []
      : await runner.step(outlineLesions, {
          ct,
          pet,
          found,
          petToCt: alignment.matrix,
          alignmentScore: alignment.score?.score ?? null,
          parameters,
        });
  const frameOfReferenceUid = selection.chosen.ct?.frameOfReferenceUid ?? null;
  const propagated = await runner.step(propagateStructures, { study, ct, frameOfReferenceUid, parameters });
  findings.push(...propagated.findings);
  const structures = [
    ...(outlined?.structures ?? []),
    ...(lobes?.structures ?? []),
    ...lesions,
    ...propagated.structures,
  ];
  if (structures.length === 0) {
    findings.push({
      code: 'RT_NO_STRUCTURES',
      severity: 'error',
      message: 'no structure could be outlined on the planning CT',
    });
  }
  const assessed = await runner.step(assessStructures, { study, ct, frameOfReferenceUid, structures });
  findings.push(...assessed.findings);
  const captures = await runner.step(drawStructures, { ct, structures });
  const packaged = await runner.step(packageStructures, {
    pipeline: { name, version },
    parameters,
    selection,
    ct,
    ctPlanes,
    labels: outlined?.labels ?? null,
    lobes,
    placed: placed ?? organs,
    model: placed === null ? null : { sha256: placed.sha256 },
    structures,
    assessed,
    propagated,
    alignment,
    captures,
    findings,
  });
  return { ...packaged, findings };
}

/** A planning CT needs no PET: that there is none is no fault of the study. */
function withoutPet(study: StudyInput, findings: readonly Finding[]): Finding[] {
  const hasPet = study.instances.some(({ modality }) => modality === 'PT');
  return findings.filter(({ code }) => hasPet || code !== 'PAIRING_NO_PET');
}
