import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  drawLobes,
  LOBE_LABELS,
  type LungLobes,
  type MeasuredComposition,
  measureComposition,
  ORGAN_LABELS,
  refineAnatomy,
  segmentCtAnatomy,
  segmentLobes,
  segmentOrgans,
} from '@photopeak/analysis';
import { buildSegmentation, groupSeries, loadSeriesVolume } from '@photopeak/dicom';
import { PhotopeakError, readNifti, type Volume, writeNifti } from '@photopeak/imaging';
import {
  algorithmOf,
  contextOf,
  finish,
  type Identity,
  SERIES_NUMBER_BASE,
  type Source,
  sourceOf,
} from '../objects/index.ts';
import { choosePetAndCt } from '../pairing/index.ts';
import type { ResultObject } from '../pipeline.ts';
import { collectStudies, newestTime, seriesFacts } from '../study/index.ts';
import { type PlacedStructure, placeModel } from './apply-model.ts';
import { COMPOSITION_ALGORITHM, compositionSegmentation } from './composition-segments.ts';
import { codedLobe, LOBES_ALGORITHM, lobesSegmentation } from './lobe-segments.ts';
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

const SERIES = {
  anatomy: { number: SERIES_NUMBER_BASE + 3, description: 'AI anatomy on CT (draft)' },
  composition: { number: SERIES_NUMBER_BASE + 15, description: 'AI muscle and fat at L3 (draft)' },
  lobes: { number: SERIES_NUMBER_BASE + 17, description: 'AI lobes of the lungs (draft)' },
} as const;

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
  const anatomy = await segmentCtAnatomy(ct.volume);
  const organs = await segmentOrgans(anatomy);
  const lobes = await segmentLobes(ct.volume, anatomy);
  const own = refineAnatomy(ct.volume, organs);
  const measured = organs.l3 === undefined ? null : measureComposition(ct.volume, own, organs.l3);
  const model = options.model === undefined ? [] : await runAnatomyModel(ct.volume, options.model);
  const { labels, structures: placed, comparison } = await placeModel(own, organs.structures, model, 'model');
  const structures = numberedStructures(placed);
  const lobesOnCt = drawLobes(labels, lobes);
  const numbered = renumber(labels, structures);
  const files: { fileName: string; bytes: Uint8Array }[] = [
    { fileName: 'anatomy.nii.gz', bytes: writeNifti(numbered) },
  ];
  const lobeList = numberedLobes(lobes);
  const found = lobes.structures.filter(({ present }) => present);
  if (found.length > 0) {
    const values = new Uint8Array(256);
    for (const { name, number } of lobeList) values[LOBE_LABELS[name]] = number ?? 0;
    files.push({ fileName: 'lobes.nii.gz', bytes: writeNifti(relabelled(lobesOnCt, values)) });
  }
  if (ct.source !== null) {
    files.push(...segmentations(ct.source, numbered, structures, measured, options));
    if (found.length > 0) files.push(lobesObject(ct.source, lobesOnCt, found, options));
  }
  const composition = measured?.composition;
  const heightM = options.heightM ?? ct.heightM;
  return {
    report: {
      schema: ANATOMY_SCHEMA,
      image: { description: ct.description, seriesInstanceUid: ct.seriesInstanceUid },
      structures,
      lobes: lobeList,
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

function numberedLobes({ structures }: LungLobes): AnatomyReport['lobes'] {
  let number = 0;
  return structures.map(({ name, present, volumeMl, confidence, findings }) => ({
    name,
    label: codedLobe(name).label,
    number: present ? ++number : null,
    volumeMl,
    confidence,
    findings: [...findings],
  }));
}

const relabelled = (labels: Volume<Uint8Array>, values: Uint8Array): Volume<Uint8Array> => ({
  ...labels,
  data: labels.data.map((label) => values[label]!),
});

function lobesObject(
  source: Source,
  labels: Volume<Uint8Array>,
  found: LungLobes['structures'],
  options: AnatomyOptions,
) {
  const { header } = source.images;
  const identity = identityOf(source, found, options);
  const by = algorithmOf(identity, LOBES_ALGORITHM, []);
  const context = contextOf(identity, 'lobes-seg', SERIES.lobes, header, [by]);
  const dataset = lobesSegmentation(context, source, labels, found, by, options.encoding ?? 'binary');
  const { fileName, bytes } = finish('lobes-seg', 'lobes-seg.dcm', dataset, header).object;
  return { fileName, bytes };
}

function renumber(labels: Volume<Uint8Array>, structures: readonly AnatomyStructure[]): Volume<Uint8Array> {
  const numbers = new Uint8Array(256);
  for (const { name, number } of structures) numbers[ORGAN_LABELS[name]] = number ?? 0;
  for (let n = 0; n < labels.data.length; n++) labels.data[n] = numbers[labels.data[n]!]!;
  return labels;
}

/** Whose UIDs follow from the series and from what was found in it. */
function identityOf(source: Source, found: unknown, options: AnatomyOptions): Identity {
  const key = createHash('sha256')
    .update(JSON.stringify([PIPELINE, source.images.header.text('SeriesInstanceUID'), found].flat()))
    .digest('hex');
  return { pipeline: PIPELINE, run: { key, at: options.at ?? newestTime(source.headers) } };
}

function segmentations(
  source: Source,
  labels: Volume<Uint8Array>,
  structures: readonly AnatomyStructure[],
  measured: MeasuredComposition | null,
  options: AnatomyOptions,
) {
  const found = structures.filter(({ number }) => number !== null);
  const { model, encoding = 'binary' } = options;
  const asked = model === undefined ? [] : 'url' in model ? model.url : model.command;
  const identity = identityOf(source, [found, asked], options);
  const { header } = source.images;
  const algorithm = algorithmOf(identity, 'CT anatomy', []);
  const dataset = buildSegmentation({
    context: contextOf(identity, 'anatomy-seg', SERIES.anatomy, header, [algorithm]),
    source: source.images,
    segments: structureSegments(found, algorithm),
    pixels: { kind: 'labels', labels, values: found.map(({ number }) => number!) },
    encoding,
    label: 'ANATOMY',
    description: 'Organs, vertebrae, lungs, airways and bone',
  });
  const objects = [finish('anatomy-seg', 'anatomy-seg.dcm', dataset, header)];
  if (measured !== null) {
    const by = algorithmOf(identity, COMPOSITION_ALGORITHM, []);
    const context = contextOf(identity, 'composition-seg', SERIES.composition, header, [by]);
    const composition = compositionSegmentation(context, source, measured, by, encoding);
    objects.push(finish('composition-seg', 'composition-seg.dcm', composition, header));
  }
  return objects.map(({ object: { fileName, bytes } }) => ({ fileName, bytes }));
}
