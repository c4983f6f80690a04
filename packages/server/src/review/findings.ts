import {
  type MeasurementGroup,
  parsePart10,
  type ReadGroup,
  readMeasurementReport,
  UID,
} from '@photopeak/dicom';
import type { ResultObject } from '@photopeak/pipelines';
import type { RunFinding } from '../api/contract.ts';

/** TID 1411 and 1410: groups with a region, so something that was found. TID 1501 groups are numbers about the study. */
const REGION_TEMPLATES = new Set(['1410', '1411']);

/** Objects that hold findings: reports with measurement groups that nobody has signed. */
export function isDraftReport(object: { readonly sopClassUid?: string | null | undefined }): boolean {
  return object.sopClassUid === UID.Comprehensive3DSRStorage;
}

/**
 * What a person decides on: the volumetric and planar measurement groups of the structured reports of a run, each by
 * its Tracking Unique Identifier. The report is the truth: what is not in it cannot be accepted.
 */
export function findingsOf(objects: readonly ResultObject[]): RunFinding[] {
  const findings = new Map<string, RunFinding>();
  for (const object of objects) {
    if (object.kind !== 'dicom' || !isDraftReport(object)) continue;
    for (const group of readMeasurementReport(parsePart10(object.bytes).dataset).groups) {
      const finding = toFinding(group);
      if (finding !== undefined) findings.set(finding.id, finding);
    }
  }
  return [...findings.values()];
}

/** A group that is not in a report yet as the finding that it will be. */
export function findingOf(group: MeasurementGroup): RunFinding {
  const segments =
    group.kind === 'volumetric' && group.region.kind === 'segment' ? [group.region.segment] : [];
  return describe(
    { ...group, sites: group.sites ?? [] },
    { trackingUid: group.trackingUid, segmentNumber: segments[0] ?? null },
  );
}

function toFinding(group: ReadGroup): RunFinding | undefined {
  const hasRegion = REGION_TEMPLATES.has(group.template ?? '') || group.regions.length > 0;
  if (!hasRegion || group.trackingUid === undefined) return undefined;
  const segment = group.regions.find((region) => region.kind === 'segment');
  return describe(group, {
    trackingUid: group.trackingUid,
    segmentNumber: segment?.segments[0] ?? null,
  });
}

function describe(
  group: Pick<ReadGroup, 'trackingId' | 'finding' | 'sites' | 'measurements'>,
  { trackingUid, segmentNumber }: { readonly trackingUid: string; readonly segmentNumber: number | null },
): RunFinding {
  const [site] = group.sites;
  const laterality = site?.laterality === undefined ? '' : `, ${site.laterality.meaning.toLowerCase()}`;
  return {
    id: trackingUid,
    name: group.trackingId ?? group.finding?.meaning ?? trackingUid,
    site: site === undefined ? null : `${site.site.meaning}${laterality}`,
    segmentNumber,
    measurements: group.measurements.flatMap((measurement) =>
      measurement.value === undefined
        ? []
        : [
            {
              code: measurement.name.value,
              meaning: measurement.name.meaning,
              derivation: measurement.derivation?.meaning ?? null,
              value: measurement.value,
              unit: measurement.unit?.value ?? '1',
            },
          ],
    ),
  };
}
