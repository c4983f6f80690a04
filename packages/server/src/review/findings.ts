import type { ResultObject } from '@photopeak/pipelines';
import type { RunFinding } from '../api/contract.ts';

/** What a person decides on: the measurement groups of the run's structured reports. */
export function findingsOf(_objects: readonly ResultObject[]): RunFinding[] {
  return [];
}
