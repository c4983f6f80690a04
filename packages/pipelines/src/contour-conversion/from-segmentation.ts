import { maskContours } from '@photopeak/analysis';
import {
  buildStructureSet,
  type Code,
  colourOf,
  type Dataset,
  encodeObject,
  errorsOf,
  type Segmentation,
  type SegmentInfo,
  type StructureDescription,
  sct,
  structureName,
  structureNameFrom,
  structureSetSyntax,
  uniqueStructureNames,
  validate,
  writePart10,
} from '@photopeak/dicom';
import { writeNifti } from '@photopeak/imaging';
import {
  type Conversion,
  type ConversionInput,
  chosen,
  context,
  masksAsFiles,
  noImages,
  note,
  voxelsMl,
} from './conversion.ts';
import { planningImages } from './images.ts';

/** A SEG as an RTSTRUCT on its images, or as NIfTI masks on its own voxels. */
export async function fromSegmentation(
  segmentation: Segmentation,
  object: Dataset,
  input: ConversionInput,
): Promise<Conversion> {
  const segments = chosen(segmentation.segments, ({ label }) => label, input);
  const findings = segmentation.findings.map(note);
  if (input.to === 'nifti') {
    const converted = segments.map(({ number, label }) => {
      const mask = segmentation.mask(number);
      return {
        name: structureNameFrom(label),
        contours: null,
        volumeMl: voxelsMl(mask),
        bytes: writeNifti(mask),
      };
    });
    return { ...masksAsFiles(converted), findings };
  }
  if (input.images === undefined) throw noImages(input);
  const source = await planningImages(input.images, {
    seriesInstanceUids: segmentation.references.map(({ seriesInstanceUid }) => seriesInstanceUid),
    frameOfReferenceUids:
      segmentation.frameOfReferenceUid === undefined ? [] : [segmentation.frameOfReferenceUid],
  });
  const described = segments.map(({ number }) => structureOf(segmentation, number));
  const names = uniqueStructureNames(described.map(({ name }) => name));
  const tolerance = input.toleranceVoxels === undefined ? {} : { toleranceVoxels: input.toleranceVoxels };
  const volumes: number[] = [];
  const structures = described.map(({ info, laterality }, index): StructureDescription => {
    const mask = segmentation.mask(info.number, { grid: source.grid });
    volumes.push(voxelsMl(mask));
    const holes = input.holes === 'xor' ? ('separate' as const) : ('keyhole' as const);
    return {
      name: names[index]!,
      description: info.label,
      ...(info.type === undefined ? {} : { type: info.type, colour: colourOf(info.type) }),
      ...(laterality === undefined ? {} : { laterality }),
      interpretedType:
        info.type === undefined || structureName(info.type) === undefined ? '' : interpretedTypeOf(info.type),
      ...generationOf(info),
      contours: maskContours(mask, { ...tolerance, holes }),
    };
  });
  const dataset = buildStructureSet({
    context: context(input, source, object, 'Contours of a segmentation'),
    source,
    structures,
    label: 'FROM_SEG',
    combination: input.holes === 'xor' ? 'xor' : 'closed',
  });
  requireConformant(dataset, source.header);
  const bytes = writePart10({ dataset, transferSyntaxUid: structureSetSyntax(dataset) });
  return {
    files: [{ fileName: 'structures.dcm', bytes }],
    structures: structures.map(({ name, contours }, index) => ({
      name,
      contours: contours.length,
      volumeMl: volumes[index]!,
    })),
    findings,
  };
}

/** What a reader without our names may be told of a segment: its own label, its code, its side. */
function structureOf(segmentation: Segmentation, number: number) {
  const info = segmentation.segment(number);
  const laterality = info.typeModifiers.find(
    ({ value }) => value === sct.right.value || value === sct.left.value,
  );
  const name = info.type === undefined ? undefined : structureName(info.type, laterality);
  return { info, laterality, name: name ?? structureNameFrom(info.label) };
}

/** Contours of a segmentation are as automatic as it is. */
function generationOf(info: SegmentInfo): Pick<StructureDescription, 'generation' | 'algorithm'> {
  const { algorithmType, algorithmName, algorithmVersion } = info;
  if (algorithmType !== 'AUTOMATIC' && algorithmType !== 'SEMIAUTOMATIC') return { generation: 'MANUAL' };
  return {
    generation: algorithmType,
    algorithm: {
      name: algorithmName ?? 'not named',
      version: algorithmVersion ?? 'not given',
      manufacturer: 'as in the segmentation',
    },
  };
}

const interpretedTypeOf = (type: Code) => (type.value === sct.wholeBody.value ? 'EXTERNAL' : 'ORGAN');

/** Lets nothing out that breaks a rule; the written form may need another transfer syntax than `encodeObject` gives. */
function requireConformant(dataset: Dataset, source: Dataset): void {
  if (errorsOf(validate(dataset, { inheritedFrom: source })).length > 0) {
    encodeObject(dataset, { inheritedFrom: source });
  }
}
