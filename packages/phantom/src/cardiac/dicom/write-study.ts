import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Dataset, writePart10 } from '@photopeak/dicom';
import type { CardiacPhantomOptions } from '../options.ts';
import { type CardiacPhantom, cardiacPhantom } from '../phantom.ts';
import { ctInstances } from './ct-series.ts';
import { type CardiacSeriesOptions, nmInstance } from './nm-series.ts';
import { petInstances } from './pet-series.ts';
import { type CardiacStudy, describeCardiacStudy } from './study.ts';

export interface WriteCardiacStudyOptions {
  readonly phantom: CardiacPhantom | CardiacPhantomOptions;
  /** Gets `dicom/` with one folder a series and `truth/truth.json`. */
  readonly folder: string;
  /** Default both. */
  readonly states?: readonly ('stress' | 'rest')[];
  /** Start of the study, `YYYYMMDDHHMMSS`. */
  readonly startedAt?: string;
}

export interface WrittenCardiacStudy {
  readonly studyInstanceUid: string;
  readonly dicomFolder: string;
  readonly truthFile: string;
  readonly series: readonly { readonly name: string; readonly folder: string; readonly instances: number }[];
  readonly phantom: CardiacPhantom;
}

const CT_SERIES_NUMBER = 10;

/** Writes a myocardial perfusion study as DICOM files, with its truth beside them. */
export async function writeCardiacStudy(options: WriteCardiacStudyOptions): Promise<WrittenCardiacStudy> {
  const phantom = 'seed' in options.phantom ? cardiacPhantom(options.phantom) : options.phantom;
  const { truth } = phantom;
  const study = describeCardiacStudy(truth, options.startedAt);
  const dicomFolder = path.join(options.folder, 'dicom');
  const series = [];
  let number = 0;
  for (const state of options.states ?? (['stress', 'rest'] as const)) {
    const { summed, gates } = phantom[state];
    const correction = truth.attenuationCorrected ? ' AC' : ' NAC';
    const name = state === 'stress' ? 'STRESS' : 'REST';
    for (const [suffix, volumes] of [
      ['', [summed]],
      [' GATED', gates],
    ] as const) {
      number += 1;
      if (volumes.length === 0) continue;
      const description = `MPI ${name}${suffix}${correction}`;
      const datasets = seriesOf(study, { state, volumes, seriesNumber: number, description });
      const folderName = `${state}${suffix.toLowerCase().replace(' ', '-')}`;
      const folder = path.join(dicomFolder, folderName);
      await mkdir(folder, { recursive: true });
      for (const [index, dataset] of datasets.entries()) {
        const file = path.join(folder, `${folderName}-${String(index + 1).padStart(4, '0')}.dcm`);
        await writeFile(file, writePart10({ dataset }));
      }
      series.push({ name: description, folder, instances: datasets.length });
    }
  }
  if ('seed' in options.phantom && options.phantom.ctShiftMm !== undefined) {
    const folder = path.join(dicomFolder, 'ct');
    await mkdir(folder, { recursive: true });
    const datasets = ctInstances(study, phantom.ct, CT_SERIES_NUMBER);
    for (const [index, dataset] of datasets.entries())
      await writeFile(
        path.join(folder, `ct-${String(index + 1).padStart(4, '0')}.dcm`),
        writePart10({ dataset }),
      );
    series.push({ name: 'CTAC', folder, instances: datasets.length });
  }
  const truthFolder = path.join(options.folder, 'truth');
  await mkdir(truthFolder, { recursive: true });
  const truthFile = path.join(truthFolder, 'truth.json');
  await writeFile(truthFile, `${JSON.stringify(truth, null, 2)}\n`);
  return { studyInstanceUid: study.uid('study'), dicomFolder, truthFile, series, phantom };
}

const seriesOf = (study: CardiacStudy, options: CardiacSeriesOptions): readonly Dataset[] =>
  study.truth.modality === 'NM' ? [nmInstance(study, options)] : petInstances(study, options);
