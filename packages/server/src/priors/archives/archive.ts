import type { FoundStudy } from '../relevance.ts';

/** A PACS or VNA as far as studies from before are concerned. */
/** One instance, as far as an archive is asked for it. */
export interface WantedInstance {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
}

export interface PriorArchive {
  /** All studies of a patient. */
  find(patientId: string, signal: AbortSignal): Promise<FoundStudy[]>;
  /** Brings a study into our archive. Rejects where not all of it came. */
  fetch(study: Pick<FoundStudy, 'studyInstanceUid' | 'modalities'>, signal: AbortSignal): Promise<void>;
  /** Brings one instance. Rejects where it did not come. */
  fetchInstance(instance: WantedInstance, signal: AbortSignal): Promise<void>;
}

/** Matches that are read; a patient with more studies has the newest asked for by their date. */
export const MOST_MATCHES = 1_000;
