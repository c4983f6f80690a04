import type { DicomJson } from '@photopeak/dicom';
import type { AttributePath } from './attribute-path.ts';
import type { MeasuredName } from './condition.ts';
import type { Value } from './values.ts';
import { valuesAt } from './values.ts';

/** The order of a study, as far as a route may ask for it. */
export interface OrderOfStudy {
  readonly reason: string;
  readonly clinicalInformation: string;
  readonly description: string;
  readonly modality: string;
  readonly bodyPart: string;
  readonly priority: 'routine' | 'high' | 'urgent';
  readonly requestedProcedureId: string;
  readonly referringPhysician: string;
  readonly orderingPhysician: string;
  readonly procedureCode: CodeOfOrder | null;
  readonly reasonCode: CodeOfOrder | null;
}

export interface CodeOfOrder {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}

/** Where instances came from; which fields there are depends on the kind. */
export type SourceFacts = Readonly<Record<string, string>>;

export interface InstanceFacts {
  readonly sopInstanceUid: string;
  /** By the text of the path; only what conditions ask for. */
  readonly values: ReadonlyMap<string, readonly Value[]>;
}

export interface StudySeries {
  readonly seriesInstanceUid: string;
  readonly modality: string;
  /** For people: `3 PET AC`. */
  readonly title: string;
  readonly instanceCount: number;
  /** The first instance; all of them where the conditions ask for single instances or measures. */
  readonly instances: readonly InstanceFacts[];
  readonly sources: readonly SourceFacts[];
  /** What was measured in the pixels, or found in other objects of the study; absent: nothing was looked at. */
  readonly measured?: { readonly [Name in MeasuredName]?: number };
}

/** What a route may look at, of the originals of a study. */
export interface StudyFacts {
  readonly studyInstanceUid: string;
  readonly series: readonly StudySeries[];
  readonly order: OrderOfStudy | undefined;
  /** When the decision is made. */
  readonly at: Date;
}

/** What conditions look at, so that only that is read. */
export interface FactsNeeded {
  readonly paths: readonly AttributePath[];
  readonly everyInstance: boolean;
}

export function instanceFacts(
  sopInstanceUid: string,
  json: DicomJson,
  paths: readonly AttributePath[],
): InstanceFacts {
  return { sopInstanceUid, values: new Map(paths.map((path) => [path.text, valuesAt(json, path)])) };
}
