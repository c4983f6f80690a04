import { modelManifest } from '@photopeak/models';
import { z } from 'zod';
import { ANATOMY_MODEL_SCHEMA, ANATOMY_SCHEMA, anatomyModelFile, anatomyReport } from './anatomy/index.ts';
import { CARDIAC_SUMMARY_SCHEMA, cardiacSummary } from './cardiac-perfusion/index.ts';
import { CT_NOISE_SCHEMA, ctNoiseSummary } from './ct-noise/index.ts';
import { DOSE_SIMULATION_SCHEMA, doseSimulationSummary } from './dose-simulation/index.ts';
import { DVH_SCHEMA, doseVolumes } from './dose-volumes/index.ts';
import {
  ENHANCED_IMAGE_SCHEMA,
  ENHANCEMENT_SUMMARY_SCHEMA,
  enhancedImage,
  enhancementSummary,
} from './enhancement/index.ts';
import { FRAME_MOTION_SCHEMA, frameMotionSummary } from './frame-motion/index.ts';
import { REGISTER_SCHEMA, registered } from './image-registration/index.ts';
import { INSPECT_SCHEMA, inspection } from './inspection/index.ts';
import { MEASURE_SCHEMA, measured } from './measuring/index.ts';
import {
  MODEL_COMPARISON_SCHEMA,
  MODEL_VALIDATION_SCHEMA,
  modelComparison,
  modelValidation,
} from './model-evidence/index.ts';
import { MODEL_TRIAL_SCHEMA, modelTrial } from './model-trial/index.ts';
import { petctSummary, SUMMARY_SCHEMA } from './petct-oncology/index.ts';
import { PETMR_SUMMARY_SCHEMA, petmrSummary } from './petmr/index.ts';
import { COMPARISON_SCHEMA, comparisonSummary } from './prior-comparison/index.ts';
import { RADIOTHERAPY_SCHEMA, radiotherapySummary } from './radiotherapy-oar/index.ts';
import {
  KSPACE_RECONSTRUCTED_SCHEMA,
  kspaceReconstructed,
  RECONSTRUCTED_SCHEMA,
  reconstructed,
  reconstructionGeometry,
} from './reconstruction/index.ts';
import { SPECTCT_SUMMARY_SCHEMA, spectctSummary } from './spectct/index.ts';

const SCHEMAS = {
  summary: { id: SUMMARY_SCHEMA, title: 'summary.json of the petct-oncology pipeline', schema: petctSummary },
  'cardiac-summary': {
    id: CARDIAC_SUMMARY_SCHEMA,
    title: 'summary.json of the cardiac-perfusion pipeline',
    schema: cardiacSummary,
  },
  'radiotherapy-summary': {
    id: RADIOTHERAPY_SCHEMA,
    title: 'summary.json of the radiotherapy-oar pipeline',
    schema: radiotherapySummary,
  },
  'comparison-summary': {
    id: COMPARISON_SCHEMA,
    title: 'summary.json of the prior-comparison pipeline',
    schema: comparisonSummary,
  },
  'petmr-summary': {
    id: PETMR_SUMMARY_SCHEMA,
    title: 'summary.json of the petmr pipeline',
    schema: petmrSummary,
  },
  'spectct-summary': {
    id: SPECTCT_SUMMARY_SCHEMA,
    title: 'summary.json of the spectct pipeline',
    schema: spectctSummary,
  },
  'ct-noise-summary': {
    id: CT_NOISE_SCHEMA,
    title: 'summary.json of the ct-noise pipeline',
    schema: ctNoiseSummary,
  },
  'frame-motion-summary': {
    id: FRAME_MOTION_SCHEMA,
    title: 'summary.json of the frame-motion pipeline',
    schema: frameMotionSummary,
  },
  'dose-simulation-summary': {
    id: DOSE_SIMULATION_SCHEMA,
    title: 'summary.json of the dose-simulation pipeline',
    schema: doseSimulationSummary,
  },
  'enhancement-summary': {
    id: ENHANCEMENT_SUMMARY_SCHEMA,
    title: 'summary.json of the enhancement pipeline',
    schema: enhancementSummary,
  },
  'enhanced-image': {
    id: ENHANCED_IMAGE_SCHEMA,
    title: 'photopeak enhance --json of a NIfTI image',
    schema: enhancedImage,
  },
  anatomy: { id: ANATOMY_SCHEMA, title: 'photopeak anatomy --json', schema: anatomyReport },
  'anatomy-model': {
    id: ANATOMY_MODEL_SCHEMA,
    title: 'file that configures a segmentation model of the site',
    schema: anatomyModelFile,
  },
  inspect: { id: INSPECT_SCHEMA, title: 'photopeak inspect --json', schema: inspection },
  register: { id: REGISTER_SCHEMA, title: 'photopeak register --json', schema: registered },
  dvh: { id: DVH_SCHEMA, title: 'photopeak dvh --json', schema: doseVolumes },
  'model-trial': { id: MODEL_TRIAL_SCHEMA, title: 'photopeak model test --json', schema: modelTrial },
  'model-comparison': {
    id: MODEL_COMPARISON_SCHEMA,
    title: 'photopeak model compare --json',
    schema: modelComparison,
  },
  'model-validation': {
    id: MODEL_VALIDATION_SCHEMA,
    title: 'photopeak validate model --json',
    schema: modelValidation,
  },
  'reconstructed-kspace': {
    id: KSPACE_RECONSTRUCTED_SCHEMA,
    title: 'photopeak reconstruct --kspace --json',
    schema: kspaceReconstructed,
  },
  reconstructed: {
    id: RECONSTRUCTED_SCHEMA,
    title: 'photopeak reconstruct --json',
    schema: reconstructed,
  },
  measure: { id: MEASURE_SCHEMA, title: 'photopeak measure --json', schema: measured },
} as const;

/** `model.yaml` for editors: what people write, before defaults are filled in. */
function manifestSchema(): object {
  return {
    ...z.toJSONSchema(modelManifest, { target: 'draft-2020-12', io: 'input' }),
    $id: 'urn:photopeak:model:1',
    title: 'model.yaml of a model package',
  };
}

/** The geometry of projections for editors. */
function geometrySchema(): object {
  return {
    ...z.toJSONSchema(reconstructionGeometry, { target: 'draft-2020-12', io: 'input' }),
    $id: 'urn:photopeak:reconstruction-geometry:1',
    title: 'geometry of projections for photopeak reconstruct',
  };
}

/** JSON Schemas (draft 2020-12) of everything the commands print or write as JSON, by the name of their file. */
export function jsonSchemas(): Record<string, object> {
  const printed = Object.fromEntries(
    Object.entries(SCHEMAS).map(([name, { id, title, schema }]) => [
      name,
      {
        ...z.toJSONSchema(schema, { target: 'draft-2020-12' }),
        $id: `urn:${id.replaceAll('/', ':')}`,
        title,
      },
    ]),
  );
  return { ...printed, model: manifestSchema(), 'reconstruction-geometry': geometrySchema() };
}
