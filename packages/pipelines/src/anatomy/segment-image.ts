import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ORGAN_LABELS, refineAnatomy, segmentCtAnatomy, segmentOrgans } from '@photopeak/analysis';
import { buildSegmentation, groupSeries, loadSeriesVolume } from '@photopeak/dicom';
import { PhotopeakError, readNifti, type Volume, writeNifti } from '@photopeak/imaging';
import { algorithmOf, contextOf, finish, type Identity, type Source, sourceOf } from '../objects/index.ts';
import { choosePetAndCt } from '../pairing/index.ts';
import type { ResultObject } from '../pipeline.ts';
import { collectStudies, newestTime, seriesFacts } from '../study/index.ts';
import { type PlacedStructure, placeModel } from './apply-model.ts';
import { type AnatomyModel, runAnatomyModel } from './model-source.ts';
import { ANATOMY_SCHEMA, type AnatomyReport, type AnatomyStructure } from './report.ts';
import { codedStructure, structureSegments } from './structure-codes.ts';

export interface AnatomyOptions {
  /** Folder with the DICOM files of a study, or one CT as NIfTI (.nii, .nii.gz) in HU. */
  readonly image: string;
  /** The series; without it the CT that the pairing of PET and CT chooses. */
  readonly seriesInstanceUid?: string;
  /** Content time of the SEG; default the newest time of the input. */
  readonly at?: string;
  /** Height of the patient in m, for the skeletal muscle index; default Patient's Size of the series. */
  readonly heightM?: number;
  readonly encoding?: 'binary' | 'labelmap';
  readonly model?: AnatomyModel;
}

export interface AnatomyResult {
  readonly report: AnatomyReport;
  readonly files: readonly Pick<ResultObject, 'fileName' | 'bytes'>[];
}

const PIPELINE = { name: 'anatomy', version: '0.1.0' } as const;

interface LoadedCt {
  readonly volume: Volume;
  readonly description: string;
  readonly seriesInstanceUid: string | null;
  readonly source: Source | null;
  readonly heightM: number | undefined;
}

const isNifti = (file: string) => /\.nii(\.gz)?$/i.test(file);

const noCt = (found: string, where: string) =>
  new PhotopeakError('there is no CT to segment', {
    code: 'ANATOMY_NO_CT',
    expected: 'a folder with an axial CT series, or one CT as NIfTI in Hounsfield units',
    found,
    where,
    remedy: 'give the series with --series UID (photopeak inspect lists them)',
  });

async function loadCt({ image, seriesInstanceUid }: AnatomyOptions): Promise<LoadedCt> {
  if (isNifti(image)) {
    const bytes = await readFile(image).catch(() => {
      throw noCt('a file that cannot be read', image);
    });
    const common = {
      description: basename(image),
      seriesInstanceUid: null,
      source: null,
      heightM: undefined,
    };
    return { volume: readNifti(bytes), ...common };
  }
  const { studies } = await collectStudies(image);
  const series = studies
    .flatMap(({ instances }) => groupSeries(instances))
    .filter(({ kind, modality }) => kind === 'volume' && modality === 'CT');
  const facts = series.map(seriesFacts);
  const paired = facts.indexOf(choosePetAndCt(facts).ct?.series as (typeof facts)[number]);
  const chosen =
    seriesInstanceUid === undefined
      ? (series[paired] ?? (series.length === 1 ? series[0] : undefined))
      : series.find((one) => one.seriesInstanceUid === seriesInstanceUid);
  if (chosen === undefined) throw noCt(`${series.length} CT series`, image);
  const loaded = await loadSeriesVolume(chosen);
  const source = sourceOf(loaded.volume, loaded.slices);
  const size = Number(source.images.header.text('PatientSize'));
  return {
    volume: loaded.volume,
    description: chosen.description ?? '',
    seriesInstanceUid: chosen.seriesInstanceUid,
    source,
    heightM: size > 0.5 && size < 2.6 ? size : undefined,
  };
}

/**
 * Organs, vertebrae, lungs, airways and bone of one CT: a label map as NIfTI, for DICOM also a SEG, and what was found
 * and not found. With a model its outlines take the place of the own ones, and both are compared. Throws
 * `ANATOMY_NO_CT`, `ANATOMY_NO_BODY`, `ANATOMY_MODEL_FAILED` and what reading throws.
 */
export async function segmentImage(options: AnatomyOptions): Promise<AnatomyResult> {
  const ct = await loadCt(options);
  const organs = await segmentOrgans(await segmentCtAnatomy(ct.volume));
  const own = refineAnatomy(ct.volume, organs);
  const model = options.model === undefined ? [] : await runAnatomyModel(ct.volume, options.model);
  const { labels, structures: placed, comparison } = await placeModel(own, organs.structures, model, 'model');
  const structures = numberedStructures(placed);
  const numbered = renumber(labels, structures);
  const files: { fileName: string; bytes: Uint8Array }[] = [
    { fileName: 'anatomy.nii.gz', bytes: writeNifti(numbered) },
  ];
  if (ct.source !== null) files.push(segmentation(ct.source, numbered, structures, options));
  const { composition } = organs;
  const heightM = options.heightM ?? ct.heightM;
  return {
    report: {
      schema: ANATOMY_SCHEMA,
      image: { description: ct.description, seriesInstanceUid: ct.seriesInstanceUid },
      structures,
      bodyComposition:
        composition === undefined
          ? null
          : {
              ...composition,
              findings: [...composition.findings],
              muscleIndexCm2PerM2: heightM === undefined ? null : composition.muscleMm2 / 100 / heightM ** 2,
            },
      comparison: [...comparison],
    },
    files,
  };
}

/** In the order of their labels, with the numbers of those that were found. */
function numberedStructures(placed: readonly PlacedStructure[]): AnatomyStructure[] {
  let number = 0;
  return placed.map(({ name, present, volumeMl, confidence, findings, by }) => ({
    name,
    label: codedStructure(name).label,
    number: present ? ++number : null,
    volumeMl,
    confidence,
    from: by === undefined ? 'own' : 'model',
    findings: [...findings],
  }));
}

function renumber(labels: Volume<Uint8Array>, structures: readonly AnatomyStructure[]): Volume<Uint8Array> {
  const numbers = new Uint8Array(256);
  for (const { name, number } of structures) numbers[ORGAN_LABELS[name]] = number ?? 0;
  for (let n = 0; n < labels.data.length; n++) labels.data[n] = numbers[labels.data[n]!]!;
  return labels;
}

function segmentation(
  source: Source,
  labels: Volume<Uint8Array>,
  structures: readonly AnatomyStructure[],
  options: AnatomyOptions,
) {
  const at = options.at ?? newestTime(source.headers);
  const found = structures.filter(({ number }) => number !== null);
  const key = createHash('sha256')
    .update(
      JSON.stringify([
        PIPELINE,
        source.images.header.text('SeriesInstanceUID'),
        found,
        options.model === undefined ? [] : 'url' in options.model ? options.model.url : options.model.command,
      ]),
    )
    .digest('hex');
  const identity: Identity = { pipeline: PIPELINE, run: { key, at } };
  const algorithm = algorithmOf(identity, 'CT anatomy', []);
  const series = { number: 9503, description: 'AI anatomy on CT (draft)' };
  const dataset = buildSegmentation({
    context: contextOf(identity, 'anatomy-seg', series, source.images.header, [algorithm]),
    source: source.images,
    segments: structureSegments(found, algorithm),
    pixels: { kind: 'labels', labels, values: found.map(({ number }) => number!) },
    encoding: options.encoding ?? 'binary',
    label: 'ANATOMY',
    description: 'Organs, vertebrae, lungs, airways and bone',
  });
  const { object } = finish('anatomy-seg', 'anatomy-seg.dcm', dataset, source.images.header);
  return { fileName: object.fileName, bytes: object.bytes };
}
