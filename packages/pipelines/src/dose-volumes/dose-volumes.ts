import {
  cumulativeMl,
  type DoseHistogram,
  type DoseMetric,
  doseAtVolume,
  maskContours,
  type PlanarContour,
  parseDoseMetric,
  structureHistogram,
  volumeAtDose,
} from '@photopeak/analysis';
import {
  type Dose,
  readDose,
  readFilePart10,
  readSegmentation,
  readStructureSet,
  UID,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { Finding } from '../pipeline.ts';
import { compareHistograms } from './compare.ts';
import { type DoseVolumes, DVH_SCHEMA } from './schema.ts';

export interface DoseVolumesInput {
  /** RT Dose file. */
  readonly dose: string;
  /** RT Structure Set or Segmentation file. */
  readonly structures: string;
  /** Default D98, D95, D50, D2, D0.1cc, V20. */
  readonly metrics?: readonly string[];
  /** Only structures of these names, letter case does not count; all without it. */
  readonly names?: readonly string[];
  /** Bins of the cumulative histogram in the answer, Gy; without it there is none in it. */
  readonly curveGy?: number;
  /** Thickness of structures that are drawn on one plane only. */
  readonly thicknessMm?: number;
}

const DEFAULT_METRICS = ['D98', 'D95', 'D50', 'D2', 'D0.1cc', 'V20'];
/** Less of a structure within the dose grid is told. */
const WHOLE_PERCENT = 99.9;

interface NamedStructure {
  readonly number: number;
  readonly name: string;
  readonly interpretedType: string;
  readonly frameOfReferenceUid: string | undefined;
  contours(): readonly PlanarContour[];
}

/**
 * The dose-volume histogram of each structure, its metrics, and how it compares with the one that came with the dose.
 * A structure without one gets the reason. Throws what reading throws, and DOSE_NO_STRUCTURE.
 */
export async function computeDoseVolumes(input: DoseVolumesInput): Promise<DoseVolumes> {
  const metrics = (input.metrics ?? DEFAULT_METRICS).map(parseDoseMetric);
  const dose = await readDose(readFilePart10(input.dose));
  const { structures, sopInstanceUid, findings: reading } = await structuresOf(input.structures);
  const wanted = input.names?.map((name) => name.toLowerCase());
  const chosen = structures.filter(({ name }) => wanted?.includes(name.toLowerCase()) ?? true);
  if (chosen.length === 0) {
    throw new PhotopeakError('there is no structure to compute a histogram of', {
      code: 'DOSE_NO_STRUCTURE',
      expected: wanted === undefined ? 'a structure set with structures' : wanted.join(', '),
      found: structures.map(({ name }) => name).join(', '),
      where: input.structures,
      remedy: 'give names as the structure set has them',
    });
  }
  const findings: Finding[] = [...dose.findings, ...reading].map((message) => ({
    code: 'DOSE_NOTE',
    severity: 'warning',
    message,
  }));
  const named = dose.structureSets.map((reference) => reference.sopInstanceUid);
  const isOwnSet = named.includes(sopInstanceUid);
  if (named.length > 0 && !isOwnSet) {
    findings.push({
      code: 'DOSE_OTHER_STRUCTURES',
      severity: 'warning',
      message: 'the dose was computed for another structure set; its own histograms are not compared',
    });
  }
  return {
    schema: DVH_SCHEMA,
    dose: {
      units: dose.units,
      type: dose.type,
      summationType: dose.summationType,
      maximumGy: dose.volume.data.reduce((most, gy) => Math.max(most, gy), 0),
      size: [...dose.volume.size],
      spacingMm: [...dose.volume.spacingMm],
    },
    structures: chosen.map((structure) =>
      describeStructure(dose, structure, metrics, input, isOwnSet || named.length === 0, findings),
    ),
    findings,
  };
}

async function structuresOf(file: string) {
  const image = readFilePart10(file);
  if (image.dataset.text('SOPClassUID') === UID.RTStructureSetStorage) {
    const set = readStructureSet(image.dataset);
    return {
      sopInstanceUid: set.sopInstanceUid,
      findings: set.findings,
      structures: set.rois.map(
        (roi): NamedStructure => ({
          number: roi.number,
          name: roi.name,
          interpretedType: roi.interpretedType ?? '',
          frameOfReferenceUid: roi.frameOfReferenceUid ?? set.frameOfReferenceUids[0],
          contours: () => roi.contours,
        }),
      ),
    };
  }
  const segmentation = await readSegmentation(image);
  return {
    sopInstanceUid: image.dataset.text('SOPInstanceUID') ?? '',
    findings: segmentation.findings,
    structures: segmentation.segments.map(
      ({ number, label }): NamedStructure => ({
        number,
        name: label,
        interpretedType: '',
        frameOfReferenceUid: segmentation.frameOfReferenceUid,
        contours: () => maskContours(segmentation.mask(number)),
      }),
    ),
  };
}

function describeStructure(
  dose: Dose,
  structure: NamedStructure,
  metrics: readonly DoseMetric[],
  input: DoseVolumesInput,
  isOwnSet: boolean,
  findings: Finding[],
): DoseVolumes['structures'][number] {
  const { number, name, interpretedType } = structure;
  const base = { number, name, interpretedType };
  const none = (reason: string) => ({ ...base, histogram: null, reason, written: null });
  const frames = [dose.frameOfReferenceUid, structure.frameOfReferenceUid];
  if (frames[0] !== undefined && frames[1] !== undefined && frames[0] !== frames[1]) {
    return none('the structure lies in another frame of reference than the dose');
  }
  try {
    const thickness = input.thicknessMm === undefined ? {} : { thicknessMm: input.thicknessMm };
    const histogram = structureHistogram(dose.volume, structure.contours(), thickness);
    const coveredPercent = (100 * histogram.coveredMl) / histogram.volumeMl;
    if (coveredPercent < WHOLE_PERCENT) {
      findings.push({
        code: 'DOSE_NOT_COVERED',
        severity: 'warning',
        message: `${name}: the dose grid covers ${coveredPercent.toFixed(1)} % of the structure; all numbers are of this part`,
        remedy: 'compute the dose on a larger grid before judging this structure',
      });
    }
    const written = isOwnSet
      ? dose.dvhs.find(
          ({ roiNumbers, excludedRoiNumbers }) =>
            roiNumbers.length === 1 && roiNumbers[0] === number && excludedRoiNumbers.length === 0,
        )
      : undefined;
    return {
      ...base,
      histogram: {
        volumeMl: histogram.volumeMl,
        coveredPercent,
        minimumGy: histogram.minimumGy,
        meanGy: histogram.meanGy,
        maximumGy: histogram.maximumGy,
        metrics: metrics.flatMap((metric) => valuesOf(histogram, metric)),
        cumulative: input.curveGy === undefined ? null : curve(histogram, input.curveGy),
      },
      reason: null,
      written: written === undefined ? null : compareHistograms(histogram, written),
    };
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    return none(error.message);
  }
}

type MetricValue = NonNullable<DoseVolumes['structures'][number]['histogram']>['metrics'][number];

function valuesOf(histogram: DoseHistogram, metric: DoseMetric): MetricValue[] {
  const { name } = metric;
  if (metric.kind === 'dose') {
    return [{ name, value: doseAtVolume(histogram, metric.part) ?? null, unit: 'Gy' }];
  }
  const ml = volumeAtDose(histogram, metric.gy);
  return [
    { name, value: (100 * ml) / histogram.coveredMl, unit: '%' },
    { name, value: ml, unit: 'ml' },
  ];
}

/** The cumulative histogram in wider bins, for a picture of it. */
function curve(histogram: DoseHistogram, wantedGy: number) {
  const step = Math.max(1, Math.round(wantedGy / histogram.binGy));
  const ml = cumulativeMl(histogram).filter((_, bin) => bin % step === 0);
  return { binGy: step * histogram.binGy, ml: [...ml, 0] };
}
