import { type Algorithm, type Dataset, type ObjectContext, uidFrom } from '@photopeak/dicom';
import type { RunIdentity } from '../pipeline.ts';
import { equipmentOf, MANUFACTURER } from '../study/index.ts';

/** Where the series of results start; far from what scanners use. */
export const SERIES_NUMBER_BASE = 9500;

/** Whose results they are. */
export interface Identity {
  readonly pipeline: { readonly name: string; readonly version: string };
  readonly run: RunIdentity;
}

/** How the series of an output is called. */
export interface OutputSeries {
  readonly number: number;
  readonly description: string;
}

/** UIDs derive from the run and the output: a repeat is the same object. */
function seriesUid({ run }: Identity, output: string): string {
  return uidFrom(run.key, output, 'series');
}

function instanceUid({ run }: Identity, output: string, number = 1): string {
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

/** What every object of an output of a run carries. */
export function contextOf(
  identity: Identity,
  output: string,
  series: OutputSeries,
  source: Dataset,
  algorithms: readonly Algorithm[],
  number = 1,
): ObjectContext {
  return {
    source,
    equipment: equipmentOf(identity.pipeline),
    seriesInstanceUid: seriesUid(identity, output),
    sopInstanceUid: instanceUid(identity, output, number),
    seriesNumber: series.number,
    seriesDescription: series.description,
    instanceNumber: number,
    at: identity.run.at,
    algorithms,
  };
}
