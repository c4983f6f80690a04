import { type Dataset, dateTimeOf, dicomDateTime, type Keyword } from '@photopeak/dicom';

const PAIRS: readonly (readonly [Keyword, Keyword])[] = [
  ['InstanceCreationDate', 'InstanceCreationTime'],
  ['ContentDate', 'ContentTime'],
  ['AcquisitionDate', 'AcquisitionTime'],
  ['SeriesDate', 'SeriesTime'],
  ['StudyDate', 'StudyTime'],
];

/** Where nothing in the input has a time. */
const NO_TIME = '1970-01-01T00:00:00';

/**
 * The newest date-time that any of the headers names, to the second: the content time of a run that was given none,
 * so that the same input gives the same bytes.
 */
export function newestTime(headers: Iterable<Dataset>): string {
  let newest = '';
  for (const header of headers) {
    const acquired = dicomDateTime(header.text('AcquisitionDateTime'));
    const times = [acquired, ...PAIRS.map(([date, time]) => dateTimeOf(header, date, time))];
    for (const time of times) {
      const second = time?.slice(0, 19) ?? '';
      if (second > newest) newest = second;
    }
  }
  return newest === '' ? NO_TIME : newest;
}
