import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Dataset, uidFrom, writePart10 } from '@photopeak/dicom';
import { petSeries } from '../../petct/dicom/pet-series.ts';
import { describeStudy, type Study } from '../../petct/dicom/study.ts';
import { vendors } from '../../petct/dicom/vendors.ts';
import { type MrName, type PetmrPhantom, type PetmrPhantomOptions, petmrPhantom } from '../phantom.ts';
import { mrSeries } from './mr-series.ts';

export interface WritePetmrStudyOptions {
  readonly phantom: PetmrPhantom | PetmrPhantomOptions;
  /** Gets `dicom/` with a folder a series, and `truth/truth.json`. */
  readonly folder: string;
  /** Default all. */
  readonly sequences?: readonly MrName[];
}

export interface WrittenPetmrStudy {
  readonly dicomFolder: string;
  readonly truthFile: string;
  readonly phantom: PetmrPhantom;
}

const ALL: readonly MrName[] = ['attenuation', 'inPhase', 'opposedPhase', 'fat', 'water', 't2', 'adc'];

/** Writes a PET/MR phantom as DICOM files with its truth beside them. */
export async function writePetmrStudy(options: WritePetmrStudyOptions): Promise<WrittenPetmrStudy> {
  const phantom = 'seed' in options.phantom ? petmrPhantom(options.phantom) : options.phantom;
  const study = describePetmrStudy(phantom);
  const dicomFolder = path.join(options.folder, 'dicom');
  const pet = [
    ...petSeries(study, vendors.siemens, { role: 'pet', volume: phantom.pet, decayCorrection: 'START' }),
  ];
  await writeSeries(
    path.join(dicomFolder, 'pet'),
    'pet',
    pet.map(({ dataset }) => dataset),
  );
  for (const name of options.sequences ?? ALL)
    await writeSeries(path.join(dicomFolder, name), name, mrSeries(study, phantom, name));
  const truthFolder = path.join(options.folder, 'truth');
  await mkdir(truthFolder, { recursive: true });
  const truthFile = path.join(truthFolder, 'truth.json');
  await writeFile(truthFile, `${JSON.stringify(phantom.truth, null, 2)}\n`);
  return { dicomFolder, truthFile, phantom };
}

/** Both modalities share the frame of reference of the scanner. */
function describePetmrStudy(phantom: PetmrPhantom): Study {
  const study = describeStudy(phantom.petct);
  const key = createHash('sha256').update(JSON.stringify(phantom.truth)).digest('hex');
  const uid = (...parts: readonly (string | number)[]) =>
    uidFrom('photopeak/phantom/petmr', key, ...parts.map(String));
  const frame = uid('frame-of-reference');
  return {
    ...study,
    uid,
    frameOfReference: { ct: frame, pet: frame },
    common: {
      ...study.common,
      AccessionNumber: `PM${String(phantom.truth.seed).padStart(6, '0').slice(-10)}`,
      StudyDescription: 'PHANTOM PET-MR whole body FDG',
      PatientName: 'PHANTOM^PETMR',
      PatientID: `PHANTOM-PETMR-${phantom.truth.seed}`,
      StudyInstanceUID: uid('study'),
    },
  };
}

async function writeSeries(folder: string, name: string, datasets: readonly Dataset[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [index, dataset] of datasets.entries())
    await writeFile(
      path.join(folder, `${name}-${String(index + 1).padStart(4, '0')}.dcm`),
      writePart10({ dataset }),
    );
}
