import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writePart10 } from '@photopeak/dicom';
import { writeNifti } from '@photopeak/imaging';
import type { PetctPhantomOptions } from '../options.ts';
import { type PetctPhantom, petctPhantom } from '../phantom.ts';
import { truthToJson } from '../truth.ts';
import { ctSeries, localizerSeries } from './ct-series.ts';
import type { PlannedInstance, SeriesRole } from './instance.ts';
import { petSeries } from './pet-series.ts';
import { reportSeries } from './report.ts';
import { describeStudy } from './study.ts';
import { withoutAttenuationCorrection } from './uncorrected.ts';
import { vendors } from './vendors.ts';

export interface PetctStudyOptions {
  /** A phantom, or what to make it from. */
  readonly phantom: PetctPhantom | PetctPhantomOptions;
  /** Start of the study (of the first visit), `YYYYMMDDHHMMSS`; absent: from the seed. */
  readonly startedAt?: string;
  /** Series to write besides the CT and the corrected PET. Default: all. */
  readonly extras?: readonly ('localizer' | 'nac' | 'report')[];
  /** Default START; ADMIN corrects the pixels to the time of injection (not for Philips counts). */
  readonly decayCorrection?: 'START' | 'ADMIN';
}

export interface WritePetctStudyOptions extends PetctStudyOptions {
  /** Gets `dicom/` with one folder a series and `truth/truth.json`. */
  readonly folder: string;
  /** Writes tissue labels and lesion labels as NIfTI beside the truth. Default false. */
  readonly masks?: boolean;
}

export interface WrittenSeries {
  readonly role: SeriesRole;
  readonly seriesInstanceUid: string;
  readonly folder: string;
  readonly instances: number;
}

export interface WrittenStudy {
  readonly studyInstanceUid: string;
  readonly dicomFolder: string;
  readonly truthFile: string;
  readonly series: readonly WrittenSeries[];
  readonly phantom: PetctPhantom;
}

const EXTRAS = ['localizer', 'nac', 'report'] as const;

/** The instances of a phantom study one after the other; nothing is kept once it was yielded. */
export function* petctInstances(options: PetctStudyOptions): Generator<PlannedInstance> {
  const phantom = 'seed' in options.phantom ? petctPhantom(options.phantom) : options.phantom;
  const { startedAt, extras = EXTRAS, decayCorrection = 'START' } = options;
  const study = describeStudy(phantom, startedAt);
  const vendor = vendors[phantom.truth.style];
  if (extras.includes('localizer')) yield* localizerSeries(study, vendor);
  yield* ctSeries(study, vendor);
  yield* petSeries(study, vendor, { role: 'pet', volume: phantom.pet, decayCorrection });
  if (extras.includes('nac')) {
    const volume = withoutAttenuationCorrection(phantom);
    yield* petSeries(study, vendor, { role: 'nac', volume, decayCorrection: 'START' });
  }
  if (extras.includes('report')) yield* reportSeries(study, vendor);
}

/** Writes a phantom study as DICOM files, one folder a series, with its truth beside them. */
export async function writePetctStudy(options: WritePetctStudyOptions): Promise<WrittenStudy> {
  const phantom = 'seed' in options.phantom ? petctPhantom(options.phantom) : options.phantom;
  const dicomFolder = path.join(options.folder, 'dicom');
  const truthFolder = path.join(options.folder, 'truth');
  await mkdir(truthFolder, { recursive: true });
  const series = new Map<SeriesRole, WrittenSeries>();
  let studyInstanceUid = '';
  for (const instance of petctInstances({ ...options, phantom })) {
    const { role, seriesInstanceUid, number, dataset } = instance;
    const folder = path.join(dicomFolder, role);
    const known = series.get(role);
    if (known === undefined) await mkdir(folder, { recursive: true });
    series.set(role, { role, seriesInstanceUid, folder, instances: (known?.instances ?? 0) + 1 });
    studyInstanceUid = dataset.text('StudyInstanceUID') ?? '';
    await writeFile(
      path.join(folder, `${role}-${String(number).padStart(4, '0')}.dcm`),
      writePart10({ dataset }),
    );
  }
  const truthFile = path.join(truthFolder, 'truth.json');
  await writeFile(truthFile, `${JSON.stringify(truthToJson(phantom.truth), null, 2)}\n`);
  if (options.masks === true) {
    const { labels, lesionLabels } = phantom.truth;
    await writeFile(path.join(truthFolder, 'tissues-on-ct.nii.gz'), writeNifti(labels, { compress: true }));
    await writeFile(
      path.join(truthFolder, 'lesions-on-pet.nii.gz'),
      writeNifti(lesionLabels, { compress: true }),
    );
  }
  return { studyInstanceUid, dicomFolder, truthFile, series: [...series.values()], phantom };
}
