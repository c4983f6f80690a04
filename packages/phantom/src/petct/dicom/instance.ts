import type { Dataset } from '@photopeak/dicom';

export type SeriesRole = 'localizer' | 'ct' | 'pet' | 'nac' | 'report';

/** One instance before it is written. */
export interface PlannedInstance {
  readonly role: SeriesRole;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  /** Instance Number. */
  readonly number: number;
  readonly dataset: Dataset;
}
