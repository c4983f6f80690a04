import type { Dataset } from '../data/index.ts';
import type { Finding } from '../errors/index.ts';
import type { HeaderFile } from '../read/index.ts';

/** One SOP instance: its header in memory, its pixel data on disk. */
export interface Instance {
  readonly path: string;
  readonly dataset: Dataset;
  readonly transferSyntaxUid: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly modality: string;
  readonly instanceNumber: number | undefined;
  readonly findings: readonly Finding[];
}

/** The identity of a header; undefined when it has no SOP class, instance or series. */
export function instanceFromHeader(header: HeaderFile): Instance | undefined {
  const { dataset, meta } = header;
  const sopClassUid = dataset.text('SOPClassUID') ?? meta.text('MediaStorageSOPClassUID');
  const sopInstanceUid = dataset.text('SOPInstanceUID') ?? meta.text('MediaStorageSOPInstanceUID');
  const seriesInstanceUid = dataset.text('SeriesInstanceUID');
  if (sopClassUid === undefined || sopInstanceUid === undefined || seriesInstanceUid === undefined)
    return undefined;
  return {
    path: header.path,
    dataset,
    transferSyntaxUid: header.transferSyntaxUid,
    sopClassUid,
    sopInstanceUid,
    studyInstanceUid: dataset.text('StudyInstanceUID') ?? '',
    seriesInstanceUid,
    modality: dataset.text('Modality') ?? '',
    instanceNumber: dataset.number('InstanceNumber'),
    findings: header.findings,
  };
}
