import {
  ANATOMY_LABELS,
  type ContourOptions,
  type CtStructureReport,
  contouredMl,
  labelContours,
  maskContours,
  type OrganAnatomy,
  refineAnatomy,
  type SliceContour,
} from '@photopeak/analysis';
import { structureName, structureNameFrom } from '@photopeak/dicom';
import { emptyVolume, fillHoles, type Mask, type Volume } from '@photopeak/imaging';
import type { PlacedAnatomy, PlacedStructure } from '../anatomy/index.ts';
import type { Step } from '../pipeline.ts';
import { labelValues, type Organ, organsOf } from './organs.ts';
import type { RadiotherapyParameters } from './parameters.ts';
import { type PlannedStructure, thumbConfidence } from './structure.ts';

export interface OutlineInput {
  readonly ct: Volume;
  readonly organs: OrganAnatomy;
  /** The anatomy with the outlines of the site's model in it, where there is one. */
  readonly placed: PlacedAnatomy | null;
  readonly parameters: RadiotherapyParameters;
}

export interface OutlinedOrgans {
  /** `ORGAN_LABELS` on the grid of the CT. */
  readonly labels: Volume<Uint8Array>;
  readonly structures: readonly PlannedStructure[];
}

/** The organs of the anatomy as contours on the slices of the planning CT. */
export const outlineOrgans: Step<OutlineInput, OutlinedOrgans> = {
  name: 'outline-organs',
  version: '1',
  resource: 'cpu',
  run: async ({ ct, organs, placed, parameters }, { progress }) => {
    const labels = placed?.labels ?? refineAnatomy(ct, organs);
    const reported: readonly PlacedStructure[] = placed?.structures ?? organs.structures;
    progress(0.5, 'organs at the resolution of the CT');
    const options = contourOptions(parameters);
    // One look at the voxels serves all organs of one label.
    const wanted = organsOf(reported);
    const values = wanted.filter(isSingle).map((organ) => labelValues(organ)[0]!);
    const byLabel = labelContours(labels, values, options);
    const structures: PlannedStructure[] = [];
    for (const organ of wanted) {
      const reports = reported.filter(({ name }) => organ.parts.includes(name));
      const contours = isSingle(organ)
        ? byLabel.get(labelValues(organ)[0])!
        : await joinedContours(labels, organ, options);
      structures.push(described(organ, labels, reports, contours));
    }
    return { labels, structures };
  },
};

const isSingle = ({ labels, isFilled }: Organ): boolean => labels.length === 1 && isFilled !== true;

export const contourOptions = ({ tolerance, holes }: RadiotherapyParameters): ContourOptions => ({
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
  reports: readonly PlacedStructure[],
  contours: readonly SliceContour[],
): PlannedStructure {
  const volumeMl = contouredMl(contours, labels);
  const toCheck = reasonsToCheck(organ, reports, volumeMl);
  const confidence = Math.min(...reports.map((report) => report.confidence));
  const isCoarse = organ.parts.some((name) => name in ANATOMY_LABELS);
  return {
    name: structureName(organ.type, organ.laterality) ?? structureNameFrom(organ.type.meaning),
    origin: 'anatomy',
    description: descriptionOf(organ, reports),
    type: organ.type,
    laterality: organ.laterality ?? null,
    interpretedType: organ.interpretedType,
    colour: null,
    contours,
    volumeMl,
    // That of organs is calibrated; that of lungs, airways and bone a rule of thumb.
    confidence: isCoarse ? thumbConfidence(confidence, toCheck) : confidence,
    toCheck,
  };
}

function descriptionOf(organ: Organ, reports: readonly PlacedStructure[]): string {
  const models = [...new Set(reports.flatMap(({ by }) => (by === undefined ? [] : [`outlined by ${by}`])))];
  if (models.length === 0 && organ.parts.includes('airways')) return 'windpipe and main bronchi';
  return models.join(', ');
}

/** Below it an organ of the anatomy is more likely a poor outline than a good one. */
const LIKELY = 0.5;

function maskOf(labels: Volume<Uint8Array>, organ: Organ): Mask {
  const wanted = new Uint8Array(256);
  for (const value of labelValues(organ)) wanted[value] = 1;
  const mask = emptyVolume(labels, 'uint8', '1');
  const { data } = labels;
  for (let n = 0; n < data.length; n++) mask.data[n] = wanted[data[n]!]!;
  return mask;
}

function reasonsToCheck(organ: Organ, reports: readonly CtStructureReport[], volumeMl: number): string[] {
  const reasons = [...new Set(reports.flatMap(({ findings }) => findings))];
  const unlikely = reports.filter(({ confidence }) => confidence < LIKELY);
  if (unlikely.length > 0) {
    reasons.push(`the outline: that it is good is unlikely (${unlikely[0]!.confidence.toFixed(2)})`);
  }
  if (organ.usualMl !== undefined && (volumeMl < organ.usualMl[0] || volumeMl > organ.usualMl[1])) {
    reasons.push(`${volumeMl.toFixed(0)} ml; usual are ${organ.usualMl[0]} to ${organ.usualMl[1]} ml`);
  }
  return reasons;
}
