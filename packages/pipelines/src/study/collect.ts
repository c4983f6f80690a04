import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  type Dataset,
  type Instance,
  instanceFromHeader,
  readFileHeader,
  type ScanProblem,
  scanFolder,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { InputInstance, StudyInput } from '../pipeline.ts';
import { patientHash } from './patient.ts';

export interface CollectedStudy {
  readonly studyInstanceUid: string;
  readonly instances: readonly Instance[];
  /** More than one where files of several patients carry one Study Instance UID: such a study is not processed. */
  readonly patientHashes: readonly string[];
}

export interface Collected {
  readonly studies: readonly CollectedStudy[];
  readonly problems: readonly ScanProblem[];
}

/** The studies of a folder, in the order of their UIDs, and what could not be used of it. Throws `INPUT_EMPTY`, `INPUT_NIFTI`. */
export async function collectStudies(folder: string): Promise<Collected> {
  const { instances, problems } = await scanFolder(folder);
  if (instances.length === 0 && problems.some(({ path }) => /\.nii(\.gz)?$/i.test(path))) {
    throw new PhotopeakError('the folder holds NIfTI and no DICOM', {
      code: 'INPUT_NIFTI',
      expected: 'a folder with the DICOM files of a study: NIfTI names neither patient nor dose',
      where: folder,
      remedy:
        'give the DICOM files; a NIfTI image is measured by: photopeak measure IMAGE --segmentation FILE',
    });
  }
  if (instances.length === 0) {
    throw new PhotopeakError(
      problems.length === 0 ? 'the folder is empty' : 'the folder holds no usable DICOM file',
      {
        code: 'INPUT_EMPTY',
        expected: 'a folder with the DICOM files of a study',
        found: problems.length === 0 ? 'no file' : describeProblems(problems),
        where: folder,
        remedy: 'check the path; export the study again if its files are damaged',
      },
    );
  }
  const byStudy = new Map<string, Instance[]>();
  for (const instance of instances) {
    const list = byStudy.get(instance.studyInstanceUid);
    if (list === undefined) byStudy.set(instance.studyInstanceUid, [instance]);
    else list.push(instance);
  }
  const studies = [...byStudy]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([studyInstanceUid, members]) => ({
      studyInstanceUid,
      instances: members,
      patientHashes: [...new Set(members.map(({ dataset }) => patientHash(dataset)))].sort(),
    }));
  return { studies, problems };
}

/** `3 × DICOM_NOT_DICOM, 1 × DICOM_TRUNCATED`. */
export function describeProblems(problems: readonly ScanProblem[]): string {
  const counts = new Map<string, number>();
  for (const { code } of problems) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, count]) => `${count} × ${code}`).join(', ');
}

/** The study as input of a pipeline: each file with its SHA-256. */
export async function studyInput(study: CollectedStudy): Promise<StudyInput> {
  const instances: InputInstance[] = [];
  for (const instance of study.instances) {
    const { path, sopClassUid, sopInstanceUid, seriesInstanceUid, studyInstanceUid, modality } = instance;
    const sha256 = await hashFile(path);
    instances.push({
      path,
      sha256,
      sopClassUid,
      sopInstanceUid,
      seriesInstanceUid,
      studyInstanceUid,
      modality,
    });
  }
  return { studyInstanceUid: study.studyInstanceUid, instances };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Headers of the instances of a run's input, read from their files. */
export function readInstances(input: StudyInput): Instance[] {
  return input.instances.map(({ path }) => {
    const instance = instanceFromHeader(readFileHeader(path));
    if (instance === undefined) {
      throw new PhotopeakError('an input file has lost its identity', {
        code: 'INPUT_CHANGED',
        expected: 'a DICOM file with SOP class, instance and series',
        where: path,
        remedy: 'run again on the unchanged study',
      });
    }
    return instance;
  });
}

export function headersOf(instances: readonly Instance[]): Dataset[] {
  return instances.map(({ dataset }) => dataset);
}
