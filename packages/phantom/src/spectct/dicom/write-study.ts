import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Dataset, writePart10 } from '@photopeak/dicom';
import type { Vec3 } from '@photopeak/imaging';
import { ctSeries } from '../../petct/dicom/ct-series.ts';
import { vendors } from '../../petct/dicom/vendors.ts';
import type { SpectctPhantomOptions } from '../options.ts';
import { type SpectctPhantom, spectctPhantom } from '../phantom.ts';
import { nmTomogram } from './nm-series.ts';
import { ptTomogram } from './pt-series.ts';
import { describeSpectStudy } from './study.ts';

/**
 * How the tomogram is written: counts without a unit, counts with a Real World Value Mapping to Bq/ml, or Bq/ml in the
 * PET object, corrected for decay to the start or to the administration.
 */
export type SpectValues = 'counts' | 'mapped' | 'bqml-start' | 'bqml-admin';

export interface WriteSpectctStudyOptions {
  readonly phantom: SpectctPhantom | SpectctPhantomOptions;
  /** Gets `dicom/` (`dicom-1/`, `dicom-2/`, … for several time points) with a folder a series, and `truth/truth.json`. */
  readonly folder: string;
  /** Default counts. */
  readonly values?: SpectValues;
  /** Order of the frames of NM; default front: from the head down. */
  readonly stacking?: 'front' | 'back';
  /** `YYYYMMDDHHMMSS`. */
  readonly administeredAt?: string;
  /** Default true. */
  readonly ct?: boolean;
}

export interface WrittenSpectctStudy {
  /** One folder for each time point. */
  readonly dicomFolders: readonly string[];
  /** Where the patient lies at each of them against the first, LPS mm. */
  readonly couchMm: readonly Vec3[];
  readonly truthFile: string;
  readonly phantom: SpectctPhantom;
}

/** Writes a SPECT/CT phantom as DICOM files, a study for each time point, with its truth beside them. */
export async function writeSpectctStudy(options: WriteSpectctStudyOptions): Promise<WrittenSpectctStudy> {
  const phantom = 'seed' in options.phantom ? spectctPhantom(options.phantom) : options.phantom;
  const { values = 'counts', stacking = 'front' } = options;
  const dicomFolders: string[] = [];
  const couchMm: Vec3[] = [];
  for (let image = 0; image < phantom.spect.length; image++) {
    const study = describeSpectStudy(phantom, image, options.administeredAt);
    const name = phantom.spect.length === 1 ? 'dicom' : `dicom-${image + 1}`;
    const dicomFolder = path.join(options.folder, name);
    dicomFolders.push(dicomFolder);
    couchMm.push(study.couchMm);
    const spect =
      values === 'counts' || values === 'mapped'
        ? [nmTomogram(study, { stacking, valueMapping: values === 'mapped' })]
        : ptTomogram(study, values === 'bqml-admin' ? 'ADMIN' : 'START');
    await writeSeries(path.join(dicomFolder, 'spect'), 'spect', spect);
    if (options.ct !== false) {
      const ct = [...ctSeries(study.ct, vendors.ge)].map(({ dataset }) => dataset);
      await writeSeries(path.join(dicomFolder, 'ct'), 'ct', ct);
    }
  }
  const truthFolder = path.join(options.folder, 'truth');
  await mkdir(truthFolder, { recursive: true });
  const truthFile = path.join(truthFolder, 'truth.json');
  await writeFile(truthFile, `${JSON.stringify(phantom.truth, null, 2)}\n`);
  return { dicomFolders, couchMm, truthFile, phantom };
}

async function writeSeries(folder: string, name: string, datasets: readonly Dataset[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [index, dataset] of datasets.entries())
    await writeFile(
      path.join(folder, `${name}-${String(index + 1).padStart(4, '0')}.dcm`),
      writePart10({ dataset }),
    );
}
