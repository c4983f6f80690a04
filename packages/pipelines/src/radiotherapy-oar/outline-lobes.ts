import {
  contouredMl,
  drawLobes,
  LOBE_LABELS,
  type LobeReport,
  type LungLobes,
  labelContours,
} from '@photopeak/analysis';
import { structureName } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { codedLobe } from '../anatomy/index.ts';
import type { Step } from '../pipeline.ts';
import { contourOptions } from './outline-organs.ts';
import type { RadiotherapyParameters } from './parameters.ts';
import { type PlannedStructure, thumbConfidence } from './structure.ts';

export interface LobesInput {
  /** `ORGAN_LABELS` on the grid of the planning CT. */
  readonly organs: Volume<Uint8Array>;
  readonly lobes: LungLobes;
  readonly parameters: RadiotherapyParameters;
}

export interface OutlinedLobes {
  /** `LOBE_LABELS` on the grid of the planning CT. */
  readonly labels: Volume<Uint8Array>;
  readonly found: readonly LobeReport[];
  readonly structures: readonly PlannedStructure[];
}

/** The lobes of the lungs whose fissures the CT shows, as contours on its slices. */
export const outlineLobes: Step<LobesInput, OutlinedLobes> = {
  name: 'outline-lobes',
  version: '1',
  resource: 'cpu',
  run: async ({ organs, lobes, parameters }) => {
    const labels = drawLobes(organs, lobes);
    const found = lobes.structures.filter(({ present }) => present);
    const values = found.map(({ name }) => LOBE_LABELS[name]);
    const byLabel = labelContours(labels, values, contourOptions(parameters));
    return {
      labels,
      found,
      structures: found.map((lobe, n) => planned(lobe, labels, byLabel.get(values[n]!)!)),
    };
  },
};

function planned(
  { name, confidence, findings }: LobeReport,
  labels: Volume<Uint8Array>,
  contours: PlannedStructure['contours'],
): PlannedStructure {
  const { type } = codedLobe(name);
  return {
    name: structureName(type)!,
    origin: 'anatomy',
    description: 'by the fissures that CT shows',
    type,
    laterality: null,
    interpretedType: 'ORGAN',
    colour: null,
    contours,
    volumeMl: contouredMl(contours, labels),
    confidence: thumbConfidence(confidence, findings),
    toCheck: findings,
  };
}
