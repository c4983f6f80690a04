import { Dataset, parseDataset, UID, writeDataset } from '@photopeak/dicom';
import {
  associate,
  find,
  get,
  getProposal,
  move,
  type RetrieveOutcome,
  STUDY_ROOT,
  serviceContext,
  storage,
  storageContexts,
} from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import type { ImageArchive } from '../../config/index.ts';
import { receiveInto } from '../../intake/dimse/index.ts';
import type { IntakeSink } from '../../intake/sink.ts';
import { calledPeer } from '../../network/index.ts';
import { MOST_MATCHES, type PriorArchive } from './archive.ts';

/** SOP classes that a study of a modality may hold; a proposal has room for 128 contexts. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  CT: ['1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.2.1'],
  MR: ['1.2.840.10008.5.1.4.1.1.4', '1.2.840.10008.5.1.4.1.1.4.1'],
  PT: ['1.2.840.10008.5.1.4.1.1.128', '1.2.840.10008.5.1.4.1.1.130'],
  NM: ['1.2.840.10008.5.1.4.1.1.20'],
  CR: ['1.2.840.10008.5.1.4.1.1.1'],
  DX: ['1.2.840.10008.5.1.4.1.1.1.1'],
  MG: ['1.2.840.10008.5.1.4.1.1.1.2', '1.2.840.10008.5.1.4.1.1.13.1.3'],
  XA: ['1.2.840.10008.5.1.4.1.1.12.1'],
  US: ['1.2.840.10008.5.1.4.1.1.6.1', '1.2.840.10008.5.1.4.1.1.3.1'],
};
const ALWAYS = [
  UID.SecondaryCaptureImageStorage,
  '1.2.840.10008.5.1.4.1.1.88.11',
  '1.2.840.10008.5.1.4.1.1.88.22',
  '1.2.840.10008.5.1.4.1.1.88.33',
  '1.2.840.10008.5.1.4.1.1.88.34',
  '1.2.840.10008.5.1.4.1.1.88.67',
  '1.2.840.10008.5.1.4.1.1.66.4',
  '1.2.840.10008.5.1.4.1.1.11.1',
  '1.2.840.10008.5.1.4.1.1.67',
];
/** Lossless ones first; what an archive holds compressed comes as it is. */
const COMPRESSED = [
  '1.2.840.10008.1.2.4.70',
  '1.2.840.10008.1.2.4.80',
  '1.2.840.10008.1.2.4.90',
  '1.2.840.10008.1.2.4.91',
  '1.2.840.10008.1.2.4.50',
  '1.2.840.10008.1.2.5',
];
const MOST_CONTEXTS = 127;

/** C-FIND, and C-GET on our own association or C-MOVE to our listener (PS3.4 annex C). */
export function dimseArchive(
  settings: Extract<ImageArchive, { kind: 'dimse' }>,
  options: { readonly aeTitle: string; readonly sink: IntakeSink },
): PriorArchive {
  const { aeTitle, sink } = options;
  const called = () => calledPeer(settings, aeTitle);
  const identifier = (dataset: Dataset) => (transferSyntaxUid: string) =>
    writeDataset(dataset, { transferSyntaxUid });

  return {
    async find(patientId, signal) {
      const { peer, identity } = called();
      const contexts = [serviceContext(STUDY_ROOT.find)];
      const association = await associate(peer, { ...identity, contexts, signal });
      try {
        const query = Dataset.of({
          QueryRetrieveLevel: 'STUDY',
          PatientID: patientId,
          IssuerOfPatientID: '',
          PatientBirthDate: '',
          StudyInstanceUID: '',
          StudyDate: '',
          StudyDescription: '',
          ModalitiesInStudy: '',
          NumberOfStudyRelatedInstances: '',
        });
        const found = [];
        const request = { model: STUDY_ROOT.find, identifier: identifier(query), signal };
        for await (const match of find(association, request)) {
          const { dataset } = parseDataset(match.identifier, { transferSyntaxUid: match.transferSyntaxUid });
          const count = dataset.number('NumberOfStudyRelatedInstances');
          found.push({
            studyInstanceUid: dataset.text('StudyInstanceUID') ?? '',
            patientId: dataset.text('PatientID') ?? '',
            patientIssuer: dataset.text('IssuerOfPatientID') ?? '',
            birthDate: dataset.text('PatientBirthDate') ?? '',
            date: dataset.text('StudyDate') ?? '',
            description: dataset.text('StudyDescription') ?? '',
            modalities: dataset.texts('ModalitiesInStudy'),
            instanceCount: count ?? null,
          });
          if (found.length >= MOST_MATCHES) break;
        }
        return found;
      } finally {
        await association.release();
      }
    },

    fetch: ({ studyInstanceUid, modalities }, signal) =>
      retrieve(
        { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: studyInstanceUid },
        [...modalities.flatMap((name) => CLASSES[name] ?? []), ...ALWAYS],
        signal,
      ),
    fetchInstance: ({ studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid }, signal) =>
      retrieve(
        {
          QueryRetrieveLevel: 'IMAGE',
          StudyInstanceUID: studyInstanceUid,
          SeriesInstanceUID: seriesInstanceUid,
          SOPInstanceUID: sopInstanceUid,
        },
        [sopClassUid],
        signal,
      ),
  };

  async function retrieve(
    keys: Parameters<typeof Dataset.of>[0],
    classes: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = identifier(Dataset.of(keys));
    const isMove = settings.retrieve === 'move';
    const model = isMove ? STUDY_ROOT.move : STUDY_ROOT.get;
    const { peer, identity } = called();
    const association = await associate(
      peer,
      isMove
        ? { ...identity, contexts: [serviceContext(model)], signal }
        : {
            ...identity,
            ...getProposal(model, contextsFor(classes)),
            services: [storage({ open: (info) => receiveInto(sink, info, 'warning') })],
            signal,
          },
    );
    try {
      const running = isMove
        ? move(association, { model, identifier: wanted, destination: aeTitle, signal })
        : get(association, { model, identifier: wanted, signal });
      requireWhole(await running.outcome(), settings.name);
    } finally {
      await association.release();
    }
  }
}

function contextsFor(wanted: readonly string[]) {
  const classes = [...new Set(wanted)];
  const plain = storageContexts(classes);
  const packed = storageContexts(classes, COMPRESSED).filter(
    ({ transferSyntaxes }) => transferSyntaxes.length === 1,
  );
  return [...plain, ...packed].slice(0, MOST_CONTEXTS);
}

function requireWhole({ completed, failed, warning }: RetrieveOutcome, archive: string): void {
  if (failed === 0 && completed + warning > 0) return;
  throw new PhotopeakError('the archive did not give all that it was asked for', {
    code: 'PRIOR_INCOMPLETE',
    where: archive,
    found: `${completed + warning} instances given, ${failed} failed`,
    remedy: 'it is tried again; look at the log of the archive',
  });
}
