import { ANATOMY_LABELS, type StructureName } from '@photopeak/analysis';
import { buildSegmentation, type Code, photopeak, type SegmentDescription, sct } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
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

const STRUCTURES: readonly { name: StructureName; label: string; type: Code; side?: Code }[] = [
  { name: 'body', label: 'Body (other tissue)', type: sct.wholeBody },
  { name: 'lungRight', label: 'Right lung', type: sct.lung, side: sct.right },
  { name: 'lungLeft', label: 'Left lung', type: sct.lung, side: sct.left },
  { name: 'airways', label: 'Airways', type: sct.trachea },
  { name: 'bone', label: 'Bone', type: sct.bone },
];

/** Body, lungs, airways and bone; `labels` are those of the analysis, on the grid of the CT. */
export function anatomySegmentation(
  identity: Identity,
  ctSource: Source,
  labels: Volume,
  encoding: Encoding,
): Finished {
  const algorithm = algorithmOf(identity, 'CT anatomy', []);
  const dataset = buildSegmentation({
    context: objectContext(identity, 'anatomy-seg', ctSource.images.header, [algorithm]),
    source: ctSource.images,
    segments: STRUCTURES.map(({ label, type, side }) => ({
      label,
      type,
      ...(side === undefined ? {} : { typeModifiers: [side] }),
      algorithmType: 'AUTOMATIC' as const,
      algorithm,
    })),
    pixels: {
      kind: 'labels',
      labels,
      values: STRUCTURES.map(({ name }) => ANATOMY_LABELS[name]),
    },
    encoding,
    label: 'ANATOMY',
    description: 'Body, lungs, airways and bone',
  });
  return finish('anatomy-seg', 'anatomy-seg.dcm', dataset, ctSource.images.header);
}
