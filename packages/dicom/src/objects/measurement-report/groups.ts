import { type Code, dcm, sct } from '../../codes/index.ts';
import { type Algorithm, type InstanceReference, objectError } from '../common/index.ts';
import {
  type ContentItem,
  codeValue,
  composite,
  container,
  coordinates,
  coordinates3d,
  image,
  numericValue,
  type SopReference,
  textValue,
  uidValue,
} from '../sr/index.ts';
import type {
  Evaluation,
  FindingSite,
  Measurement,
  MeasurementGroup,
  SegmentationSource,
} from './content.ts';
import { observerItems } from './observers.ts';
import { timePointItems } from './time-point.ts';

const optional = <T>(value: T | undefined, make: (value: T) => ContentItem): ContentItem | undefined =>
  value === undefined ? undefined : make(value);

/** A plain reference without frames or segments. */
const whole = ({ sopClassUid, sopInstanceUid }: InstanceReference): SopReference => ({
  sopClassUid,
  sopInstanceUid,
});

/** Algorithm Identification, TID 4019. */
export function algorithmItems(algorithm: Algorithm): readonly ContentItem[] {
  return [
    textValue('HAS CONCEPT MOD', dcm.algorithmName, algorithm.name),
    textValue('HAS CONCEPT MOD', dcm.algorithmVersion, algorithm.version),
    textValue('HAS CONCEPT MOD', dcm.algorithmManufacturer, algorithm.manufacturer),
    ...(algorithm.parameters ?? []).map((parameter) =>
      textValue('HAS CONCEPT MOD', dcm.algorithmParameters, parameter),
    ),
    codeValue('HAS CONCEPT MOD', dcm.algorithmFamily, algorithm.family ?? dcm.artificialIntelligence),
  ];
}

function siteItem({ site, laterality, modifier }: FindingSite): ContentItem {
  return codeValue('HAS CONCEPT MOD', sct.findingSite, site, [
    ...(laterality === undefined ? [] : [codeValue('HAS CONCEPT MOD', sct.laterality, laterality)]),
    ...(modifier === undefined ? [] : [codeValue('HAS CONCEPT MOD', sct.topographicalModifier, modifier)]),
  ]);
}

/** Measurement, TID 300: value, unit, derivation, method. */
function measurementItem(measurement: Measurement): ContentItem {
  const { name, value, unit, qualifier, derivation, method } = measurement;
  if (value === undefined && qualifier === undefined) {
    throw objectError(
      'OBJECT_INPUT_INVALID',
      'A measurement without a value needs a qualifier that says why',
      {
        where: name.meaning,
      },
    );
  }
  return numericValue(
    name,
    { unit, ...(value === undefined ? {} : { value }), ...(qualifier === undefined ? {} : { qualifier }) },
    [
      optional(method, (code) => codeValue('HAS CONCEPT MOD', sct.measurementMethod, code)),
      optional(derivation, (code) => codeValue('HAS CONCEPT MOD', dcm.derivation, code)),
    ],
  );
}

export function evaluationItem({ name, value }: Evaluation): ContentItem {
  return typeof value === 'string' ? textValue('CONTAINS', name, value) : codeValue('CONTAINS', name, value);
}

function sourceItems(source: SegmentationSource): readonly ContentItem[] {
  const { seriesInstanceUid, images } = source;
  if (seriesInstanceUid !== undefined) {
    return [uidValue('CONTAINS', dcm.sourceSeriesForSegmentation, seriesInstanceUid)];
  }
  return (images ?? []).map((instance) => image('CONTAINS', dcm.sourceImageForSegmentation, whole(instance)));
}

/** The region of a group and where it was drawn; one kind per group (TID 1410, TID 1411). */
function regionItems(group: MeasurementGroup): readonly ContentItem[] {
  switch (group.kind) {
    case 'volumetric': {
      const { region } = group;
      const items =
        region.kind === 'segment'
          ? image('CONTAINS', dcm.referencedSegment, {
              ...whole(region.segmentation),
              segments: [region.segment],
            })
          : coordinates3d(dcm.volumeSurface, region.graphicType, region.points, region.frameOfReferenceUid);
      return [items, ...sourceItems(group.source)];
    }
    case 'planar': {
      const { region } = group;
      if (region.kind === 'image') {
        return [
          coordinates(dcm.imageRegion, region.graphicType, region.points, {
            ...whole(region.image),
            ...(region.frame === undefined ? {} : { frames: [region.frame] }),
          }),
        ];
      }
      return [
        image('CONTAINS', dcm.referencedSegmentationFrame, {
          ...whole(region.segmentation),
          frames: [region.frame],
          segments: [region.segment],
        }),
        ...sourceItems(group.source ?? {}),
      ];
    }
    case 'general':
      return (group.references ?? []).map(({ name, instance }) =>
        composite('CONTAINS', name, whole(instance)),
      );
  }
}

const templates: Readonly<Record<MeasurementGroup['kind'], string>> = {
  volumetric: '1411',
  planar: '1410',
  general: '1501',
};

/** One Measurement Group container: TID 1411, 1410 or 1501. */
export function groupItem(group: MeasurementGroup): ContentItem {
  const code = (relationship: 'CONTAINS' | 'HAS CONCEPT MOD', name: Code, value: Code | undefined) =>
    optional(value, (present) => codeValue(relationship, name, present));
  return container(
    'CONTAINS',
    dcm.measurementGroup,
    [
      textValue('HAS OBS CONTEXT', dcm.trackingIdentifier, group.trackingId),
      uidValue('HAS OBS CONTEXT', dcm.trackingUniqueIdentifier, group.trackingUid),
      ...(group.timePoint === undefined ? [] : timePointItems(group.timePoint)),
      ...(group.observer === undefined ? [] : observerItems(group.observer)),
      code('CONTAINS', sct.findingCategory, group.findingCategory),
      code('CONTAINS', dcm.finding, group.finding),
      ...(group.sites ?? []).map(siteItem),
      ...(group.algorithm === undefined ? [] : algorithmItems(group.algorithm)),
      ...regionItems(group),
      optional(group.realWorldValueMap, (map) =>
        composite('CONTAINS', dcm.realWorldValueMapUsed, whole(map)),
      ),
      ...group.measurements.map(measurementItem),
      ...(group.evaluations ?? []).map(evaluationItem),
    ],
    templates[group.kind],
  );
}

/** Every instance that a group points to. */
export function referencesOf(group: MeasurementGroup): readonly InstanceReference[] {
  const map = group.realWorldValueMap === undefined ? [] : [group.realWorldValueMap];
  switch (group.kind) {
    case 'volumetric':
      return [
        ...(group.region.kind === 'segment' ? [group.region.segmentation] : []),
        ...(group.source.seriesInstanceUid === undefined ? (group.source.images ?? []) : []),
        ...map,
      ];
    case 'planar':
      return [
        group.region.kind === 'image' ? group.region.image : group.region.segmentation,
        ...(group.source?.images ?? []),
        ...map,
      ];
    case 'general':
      return [...(group.references ?? []).map(({ instance }) => instance), ...map];
  }
}
