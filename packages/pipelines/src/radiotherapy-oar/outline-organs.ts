import {
  type ContourOptions,
  type CtAnatomy,
  contouredMl,
  labelContours,
  maskContours,
  refineAnatomy,
  type SliceContour,
  type StructureReport,
} from '@photopeak/analysis';
import { structureName } from '@photopeak/dicom';
import { emptyVolume, fillHoles, type Mask, type Volume } from '@photopeak/imaging';
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
    progress(0.5, 'organs at the resolution of the CT');
    const options = contourOptions(parameters);
    // One look at the voxels serves all organs of one label.
    const values = ORGANS.filter(isSingle).map((organ) => labelValues(organ)[0]!);
    const byLabel = labelContours(labels, values, options);
    const structures: PlannedStructure[] = [];
    for (const organ of ORGANS) {
      const reports = anatomy.structures.filter(({ name }) => organ.labels.includes(name));
      if (!reports.some(({ present }) => present)) continue;
      const contours = isSingle(organ)
        ? byLabel.get(labelValues(organ)[0])!
        : await joinedContours(labels, organ, options);
      structures.push(described(organ, labels, reports, contours));
    }
    return { labels, structures };
  },
};

const isSingle = ({ labels, isFilled }: Organ): boolean => labels.length === 1 && isFilled !== true;

const contourOptions = ({ tolerance, holes }: RadiotherapyParameters): ContourOptions => ({
  toleranceVoxels: tolerance,
  holes: holes === 'xor' ? 'separate' : 'keyhole',
});

/** The contours of an organ of several labels, or of one without holes. */
async function joinedContours(labels: Volume<Uint8Array>, organ: Organ, options: ContourOptions) {
  const mask = maskOf(labels, organ);
  return maskContours(organ.isFilled === true ? await fillHoles(mask, { perSlice: 2 }) : mask, options);
}

function described(
  organ: Organ,
  labels: Volume<Uint8Array>,
  reports: readonly StructureReport[],
  contours: readonly SliceContour[],
): PlannedStructure {
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
  const mask = emptyVolume(labels, 'uint8', '1');
  const { data } = labels;
  for (let n = 0; n < data.length; n++) mask.data[n] = wanted[data[n]!]!;
  return mask;
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
