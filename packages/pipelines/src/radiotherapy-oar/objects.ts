import { ORGAN_LABELS } from '@photopeak/analysis';
import {
  buildSecondaryCapture,
  buildSegmentation,
  buildStructureSet,
  dcm,
  structureSetSyntax,
  writePart10,
} from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import {
  LOBES_ALGORITHM,
  lobesSegmentation,
  type PlacedStructure,
  structureSegments,
} from '../anatomy/index.ts';
import type { Picture } from '../captures/index.ts';
import {
  algorithmOf,
  contextOf,
  type Finished,
  finish,
  type Identity,
  SERIES_NUMBER_BASE,
  type Source,
} from '../objects/index.ts';
import { structureColour } from './draw-captures.ts';
import type { OutlinedLobes } from './outline-lobes.ts';
import type { RadiotherapyParameters } from './parameters.ts';
import type { PlannedStructure } from './structure.ts';

/** The series of the results; apart from those of petct-oncology, which may have run on the same study. */
const SERIES = {
  structures: { number: SERIES_NUMBER_BASE + 41, description: 'AI structures on planning CT (draft)' },
  'structures-seg': { number: SERIES_NUMBER_BASE + 42, description: 'AI organs on planning CT (draft)' },
  'lobes-seg': { number: SERIES_NUMBER_BASE + 47, description: 'AI lobes on planning CT (draft)' },
  captures: { number: SERIES_NUMBER_BASE + 43, description: 'AI contours on CT (draft)' },
} as const;

const ALGORITHMS: Record<PlannedStructure['origin'], string> = {
  anatomy: 'CT anatomy',
  lesion: 'PET lesion outline',
  prior: 'Carry-over of structures',
};

/** The structure set: all structures, in the order of their numbers. */
export function structureSetObject(
  identity: Identity,
  ct: Source,
  structures: readonly PlannedStructure[],
  parameters: RadiotherapyParameters,
): Finished {
  const settings = [`tolerance=${parameters.tolerance} voxel`, `holes=${parameters.holes}`];
  const algorithms = {
    anatomy: algorithmOf(identity, ALGORITHMS.anatomy, settings),
    lesion: algorithmOf(identity, ALGORITHMS.lesion, [...settings, `threshold=${parameters.threshold}`]),
    prior: algorithmOf(identity, ALGORITHMS.prior, settings),
  };
  const used = [...new Set(structures.map(({ origin }) => origin))].map((origin) => algorithms[origin]);
  const dataset = buildStructureSet({
    context: contextOf(identity, 'structures', SERIES.structures, ct.images.header, used),
    source: ct.images,
    structures: structures.map((structure) => ({
      name: structure.name,
      description: describe(structure),
      ...(structure.type === null ? {} : { type: structure.type }),
      ...(structure.laterality === null ? {} : { laterality: structure.laterality }),
      interpretedType: structure.interpretedType,
      generation: structure.origin === 'prior' ? ('SEMIAUTOMATIC' as const) : ('AUTOMATIC' as const),
      algorithm: algorithms[structure.origin],
      colour: structureColour(structure),
      contours: structure.contours,
    })),
    label: 'AI_DRAFT',
    description: 'Draft of Photopeak, not verified: each structure is to be checked before it is used',
    combination: parameters.holes === 'xor' ? 'xor' : 'closed',
  });
  const finished = finish('structures', 'structures.dcm', dataset, ct.images.header);
  const transferSyntaxUid = structureSetSyntax(dataset);
  return { ...finished, object: { ...finished.object, bytes: writePart10({ dataset, transferSyntaxUid }) } };
}

function describe({ description, confidence, toCheck }: PlannedStructure): string {
  const parts = [
    description,
    confidence === null ? '' : `confidence ${confidence.toFixed(2)}`,
    toCheck.length === 0 ? '' : `to check: ${toCheck.join('; ')}`,
  ];
  return parts.filter((part) => part !== '').join('. ');
}

/** The organs as a segmentation on the voxels of the planning CT; what the contours were made of. */
export function organsSegmentation(
  identity: Identity,
  ct: Source,
  labels: Volume<Uint8Array>,
  placed: readonly PlacedStructure[],
  encoding: 'binary' | 'labelmap',
): Finished {
  const algorithm = algorithmOf(identity, ALGORITHMS.anatomy, []);
  const structures = placed.filter(({ present }) => present);
  const dataset = buildSegmentation({
    context: contextOf(identity, 'structures-seg', SERIES['structures-seg'], ct.images.header, [algorithm]),
    source: ct.images,
    segments: structureSegments(structures, algorithm),
    pixels: { kind: 'labels', labels, values: structures.map(({ name }) => ORGAN_LABELS[name]) },
    encoding,
    label: 'ORGANS',
    description: 'Organs on the planning CT',
  });
  return finish('structures-seg', 'structures-seg.dcm', dataset, ct.images.header);
}

/** The lobes of the lungs as a segmentation of their own; one was found at least. */
export function lobesObject(
  identity: Identity,
  ct: Source,
  { labels, found }: OutlinedLobes,
  encoding: 'binary' | 'labelmap',
): Finished {
  const { header } = ct.images;
  const algorithm = algorithmOf(identity, LOBES_ALGORITHM, []);
  const context = contextOf(identity, 'lobes-seg', SERIES['lobes-seg'], header, [algorithm]);
  const dataset = lobesSegmentation(context, ct, labels, found, algorithm, encoding);
  return finish('lobes-seg', 'lobes-seg.dcm', dataset, header);
}

/** The pictures as frames of one secondary capture. */
export function capturesObject(identity: Identity, ct: Source, pictures: readonly Picture[]): Finished {
  const dataset = buildSecondaryCapture({
    context: contextOf(identity, 'captures', SERIES.captures, ct.images.header, [
      algorithmOf(identity, identity.pipeline.name, []),
    ]),
    pictures: pictures.map(({ width, height, data }) => ({ columns: width, rows: height, rgb: data })),
    burnedInAnnotation: false,
    derivations: [dcm.multiplanarReformatting],
    derivationDescription: 'Slices of the planning CT with contours',
  });
  return finish('captures', 'captures.dcm', dataset, ct.images.header);
}
