import { dateTimeOf, readFileHeader } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { Step, StudyInput } from '../pipeline.ts';
import { patientHash } from '../study/index.ts';

/** One patient, the oldest first. Throws `INPUT_MIXED_PATIENTS`, `COMPARISON_ORDER`. */
export const checkSeries: Step<{ readonly studies: readonly StudyInput[] }, { readonly patient: string }> = {
  name: 'check-series',
  version: '1',
  resource: 'cpu',
  run: async ({ studies }) => {
    const headers = studies.flatMap(({ instances }) => {
      const [first] = instances;
      return first === undefined ? [] : [readFileHeader(first.path).dataset];
    });
    const patients = [...new Set(headers.map(patientHash))];
    if (patients.length !== 1) {
      throw new PhotopeakError('the studies are not of one patient', {
        code: 'INPUT_MIXED_PATIENTS',
        expected: 'studies of one patient, by Patient ID and issuer',
        found: `${patients.length} patients`,
        remedy: 'check the studies from before; where the Patient ID has changed, merge the patients first',
      });
    }
    const times = headers.map((header) => dateTimeOf(header, 'StudyDate', 'StudyTime') ?? null);
    const isLate = times.some((time, index) => {
      const before = times[index - 1] ?? null;
      return time !== null && before !== null && before >= time;
    });
    if (isLate) {
      throw new PhotopeakError('a study from before is not older than the one that follows it', {
        code: 'COMPARISON_ORDER',
        expected: 'study dates and times that increase, the current study last',
        found: times.map((time) => time?.slice(0, 10) ?? 'no date').join(', '),
        remedy: 'give the newest study as the current one; check the study dates',
      });
    }
    return { patient: patients[0] as string };
  },
};
