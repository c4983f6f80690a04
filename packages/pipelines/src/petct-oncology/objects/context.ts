import { type Algorithm, type Dataset, type ObjectContext, uidFrom } from '@photopeak/dicom';
import type { RunIdentity } from '../../pipeline.ts';
import { equipmentOf, MANUFACTURER } from '../../study/index.ts';

/** Where the series of results start; far from what scanners use. */
const SERIES_NUMBER_BASE = 9500;

/** The outputs in the order of their series numbers. */
export const SERIES = {
  'lesions-seg': { number: SERIES_NUMBER_BASE + 1, description: 'AI lesions (draft)' },
  'physiological-seg': { number: SERIES_NUMBER_BASE + 2, description: 'AI physiological uptake (draft)' },
  'anatomy-seg': { number: SERIES_NUMBER_BASE + 3, description: 'AI anatomy on CT (draft)' },
  'measurements-sr': { number: SERIES_NUMBER_BASE + 4, description: 'AI PET/CT measurements (draft)' },
  registration: { number: SERIES_NUMBER_BASE + 5, description: 'AI PET to CT alignment' },
  captures: { number: SERIES_NUMBER_BASE + 6, description: 'AI captures of findings (draft)' },
  'mip-capture': { number: SERIES_NUMBER_BASE + 7, description: 'AI MIP with outlines (draft)' },
  'resampled-pet': { number: SERIES_NUMBER_BASE + 8, description: 'AI-resampled: PET on CT grid' },
} as const;

export type DicomOutput = keyof typeof SERIES;

export interface Identity {
  readonly pipeline: { readonly name: string; readonly version: string };
  readonly run: RunIdentity;
}

/** UIDs derive from the run and the output: a repeat is the same object. */
export function seriesUid({ run }: Identity, output: DicomOutput): string {
  return uidFrom(run.key, output, 'series');
}

export function instanceUid({ run }: Identity, output: DicomOutput, number = 1): string {
  return uidFrom(run.key, output, 'instance', String(number));
}

/** Device UID of the software: another one for each version. */
export function deviceUid({ pipeline }: Identity): string {
  return uidFrom(MANUFACTURER, pipeline.name, pipeline.version, 'device');
}

export function algorithmOf(identity: Identity, name: string, parameters: readonly string[]): Algorithm {
  return {
    name,
    version: identity.pipeline.version,
    manufacturer: MANUFACTURER,
    parameters,
    deviceUid: deviceUid(identity),
  };
}

export function objectContext(
  identity: Identity,
  output: DicomOutput,
  source: Dataset,
  algorithms: readonly Algorithm[],
  number = 1,
): ObjectContext {
  return {
    source,
    equipment: equipmentOf(identity.pipeline),
    seriesInstanceUid: seriesUid(identity, output),
    sopInstanceUid: instanceUid(identity, output, number),
    seriesNumber: SERIES[output].number,
    seriesDescription: SERIES[output].description,
    instanceNumber: number,
    at: identity.run.at,
    algorithms,
  };
}
