import { type MrAnatomy, segmentMrAnatomy } from '@photopeak/analysis';
import { loadSeriesVolume } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { toFinding } from '../inspection/index.ts';
import { type SeriesKey, seriesOf } from '../petct-oncology/parts.ts';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { attempt } from '../study/index.ts';

export interface SegmentMrInput {
  readonly study: StudyInput;
  readonly body: Volume;
  readonly water: SeriesKey | null;
  readonly fat: SeriesKey | null;
}

export interface SegmentedMr {
  readonly anatomy: MrAnatomy;
  readonly findings: readonly Finding[];
}

/**
 * Body and lungs in the MR, with fat where there is a Dixon pair that can be read. The pair is read here: it is twice as
 * large as the MR, and nothing else needs it.
 */
export const segmentMr: Step<SegmentMrInput, SegmentedMr> = {
  name: 'anatomy',
  version: '2',
  resource: 'cpu',
  run: async ({ study, body, water, fat }, { signal }) => {
    const findings: Finding[] = [];
    const load = async (key: SeriesKey): Promise<Volume> => {
      const loaded = await loadSeriesVolume(seriesOf(study, key), { signal });
      findings.push(...loaded.findings.map(toFinding));
      return loaded.volume;
    };
    const pair =
      water === null || fat === null
        ? null
        : await attempt(findings, async () => ({ water: await load(water), fat: await load(fat) }));
    return { anatomy: await segmentMrAnatomy({ body, ...pair }), findings };
  },
};
