import { type LobeReport, type MeasuredComposition, ORGAN_LABELS } from '@photopeak/analysis';
import { buildSegmentation, type Code, photopeak, type SegmentDescription, sct } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import {
  COMPOSITION_ALGORITHM,
  compositionSegmentation,
  LOBES_ALGORITHM,
  lobesSegmentation,
  type PlacedStructure,
  structureSegments,
} from '../../anatomy/index.ts';
import type { Source } from '../../objects/index.ts';
import { type Finished, finish } from '../../objects/index.ts';
import type { PetctLesion } from '../summary.ts';
import { algorithmOf, type Identity, objectContext } from './context.ts';

type Encoding = 'binary' | 'labelmap';

const asCode = (code: { value: string; scheme: string; meaning: string }): Code => code;

/** One SEG of lesions or of physiological uptake on the PET's grid; null where there is nothing to show. */
export function uptakeSegmentation(
  identity: Identity,
  output: 'lesions-seg' | 'physiological-seg' | 'comparison-seg',
  pet: Source,
  labels: Volume,
  regions: readonly (PetctLesion & { readonly labelValue: number })[],
  parameters: readonly string[],
  encoding: Encoding,
): Finished {
  const isLesion = output !== 'physiological-seg';
  const algorithm = algorithmOf(
    identity,
    isLesion ? 'PET lesion detection' : 'PET physiological uptake',
    parameters,
  );
  const segments = regions.map(
    (region): SegmentDescription => ({
      label: region.label,
      description: region.physiological?.reason,
      type: isLesion ? sct.lesion : photopeak.physiologicalUptake,
      category: isLesion ? sct.morphologicallyAbnormalStructure : sct.functional,
      ...(region.site === null ? {} : { anatomicRegion: asCode(region.site) }),
      ...(region.site === null || region.laterality === null
        ? {}
        : { anatomicRegionModifiers: [asCode(region.laterality)] }),
      algorithmType: 'AUTOMATIC',
      algorithm,
      trackingId: region.label,
      trackingUid: region.trackingUid,
      ...(isLesion ? {} : { colour: [120, 150, 190] as const }),
    }),
  );
  const dataset = buildSegmentation({
    context: objectContext(identity, output, pet.images.header, [algorithm]),
    source: pet.images,
    segments,
    pixels: { kind: 'labels', labels, values: regions.map(({ labelValue }) => labelValue) },
    encoding,
    label: isLesion ? 'LESIONS' : 'PHYSIOLOGICAL',
    description: isLesion ? 'Draft: to be accepted, modified or rejected' : 'Recognised as physiological',
  });
  return finish(output, `${output}.dcm`, dataset, pet.images.header);
}

/** Everything that the anatomy found; `labels` are `ORGAN_LABELS` on the grid of the CT. */
export function anatomySegmentation(
  identity: Identity,
  ctSource: Source,
  labels: Volume,
  placed: readonly PlacedStructure[],
  encoding: Encoding,
): Finished {
  const algorithm = algorithmOf(identity, 'CT anatomy', []);
  const structures = placed.filter(({ present }) => present);
  const dataset = buildSegmentation({
    context: objectContext(identity, 'anatomy-seg', ctSource.images.header, [algorithm]),
    source: ctSource.images,
    segments: structureSegments(structures, algorithm),
    pixels: { kind: 'labels', labels, values: structures.map(({ name }) => ORGAN_LABELS[name]) },
    encoding,
    label: 'ANATOMY',
    description: 'Organs, vertebrae, lungs, airways and bone',
  });
  return finish('anatomy-seg', 'anatomy-seg.dcm', dataset, ctSource.images.header);
}

/** Muscle and fat in the slice through L3. */
export function compositionSeg(
  identity: Identity,
  ct: Source,
  measured: MeasuredComposition,
  encoding: Encoding,
): Finished {
  const { header } = ct.images;
  const algorithm = algorithmOf(identity, COMPOSITION_ALGORITHM, []);
  const context = objectContext(identity, 'composition-seg', header, [algorithm]);
  const dataset = compositionSegmentation(context, ct, measured, algorithm, encoding);
  return finish('composition-seg', 'composition-seg.dcm', dataset, header);
}

/** Lobes of the lungs; `labels` are `LOBE_LABELS` on the grid of the CT. */
export function lobesSeg(
  identity: Identity,
  ct: Source,
  labels: Volume,
  lobes: readonly LobeReport[],
  encoding: Encoding,
): Finished {
  const { header } = ct.images;
  const algorithm = algorithmOf(identity, LOBES_ALGORITHM, []);
  const context = objectContext(identity, 'lobes-seg', header, [algorithm]);
  return finish(
    'lobes-seg',
    'lobes-seg.dcm',
    lobesSegmentation(context, ct, labels, lobes, algorithm, encoding),
    header,
  );
}
