import {
  type CtAnatomy,
  contouredMl,
  maskContours,
  refineAnatomy,
  type StructureReport,
} from '@photopeak/analysis';
import { structureName } from '@photopeak/dicom';
import { fillHoles, type Mask, type Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import { labelValues, ORGANS, type Organ } from './organs.ts';
import type { RadiotherapyParameters } from './parameters.ts';
import type { PlannedStructure } from './structure.ts';

export interface OutlineInput {
  readonly ct: Volume;
  readonly anatomy: CtAnatomy;
  readonly parameters: RadiotherapyParameters;
}

export interface OutlinedOrgans {
  /** `ANATOMY_LABELS` on the grid of the CT. */
  readonly labels: Volume<Uint8Array>;
  readonly structures: readonly PlannedStructure[];
}

/** The organs of the anatomy as contours on the slices of the planning CT. */
export const outlineOrgans: Step<OutlineInput, OutlinedOrgans> = {
  name: 'outline-organs',
  version: '1',
  resource: 'cpu',
  run: async ({ ct, anatomy, parameters }, { progress }) => {
    const labels = refineAnatomy(ct, anatomy);
    const structures: PlannedStructure[] = [];
    for (const [index, organ] of ORGANS.entries()) {
      const reports = anatomy.structures.filter(({ name }) => organ.labels.includes(name));
      if (reports.some(({ present }) => present)) {
        structures.push(await outlined(organ, labels, reports, parameters));
      }
      progress((index + 1) / ORGANS.length, organ.id);
    }
    return { labels, structures };
  },
};

async function outlined(
  organ: Organ,
  labels: Volume<Uint8Array>,
  reports: readonly StructureReport[],
  { tolerance, holes }: RadiotherapyParameters,
): Promise<PlannedStructure> {
  const mask = maskOf(labels, organ);
  const whole = organ.isFilled === true ? await fillHoles(mask, { perSlice: 2 }) : mask;
  const contours = maskContours(whole, {
    toleranceVoxels: tolerance,
    holes: holes === 'xor' ? 'separate' : 'keyhole',
  });
  const volumeMl = contouredMl(contours, labels);
  const toCheck = reasonsToCheck(organ, reports, volumeMl);
  // The name of the table is unique by itself: no organ of it lacks one.
  const name = structureName(organ.type, organ.laterality) ?? organ.id;
  return {
    name,
    origin: 'anatomy',
    description: organ.id === 'airways' ? 'windpipe and main bronchi' : '',
    type: organ.type,
    laterality: organ.laterality ?? null,
    interpretedType: organ.interpretedType,
    colour: null,
    contours,
    volumeMl,
    confidence: Math.min(...reports.map(({ confidence }) => confidence), toCheck.length > 0 ? 0.7 : 1),
    toCheck,
  };
}

function maskOf(labels: Volume<Uint8Array>, organ: Organ): Mask {
  const wanted = new Uint8Array(256);
  for (const value of labelValues(organ)) wanted[value] = 1;
  return { ...labels, data: labels.data.map((label) => wanted[label]!) };
}

function reasonsToCheck(organ: Organ, reports: readonly StructureReport[], volumeMl: number): string[] {
  const reasons = [...new Set(reports.flatMap(({ present, findings }) => (present ? findings : [])))];
  const missing = reports.filter(({ present }) => !present).map(({ name }) => name);
  if (missing.length > 0) reasons.push(`without ${missing.join(', ')}, which the CT does not show`);
  if (organ.usualMl !== undefined && (volumeMl < organ.usualMl[0] || volumeMl > organ.usualMl[1])) {
    reasons.push(`${volumeMl.toFixed(0)} ml; usual are ${organ.usualMl[0]} to ${organ.usualMl[1]} ml`);
  }
  return reasons;
}
