import { type Dataset, isPrivate, type Keyword, Tag } from '../../data/index.ts';

/**
 * What a derived image does not take over from its source: what described the old pixels, the old series or the
 * scanner as the maker (which goes to Contributing Equipment), and what belongs to one instance only.
 */
const dropped: ReadonlySet<number> = new Set<number>(
  (
    [
      'SmallestImagePixelValue',
      'LargestImagePixelValue',
      'SmallestPixelValueInSeries',
      'LargestPixelValueInSeries',
      'IconImageSequence',
      'DigitalSignaturesSequence',
      'MACParametersSequence',
      'EncryptedAttributesSequence',
      'OriginalAttributesSequence',
      'ReferencedImageSequence',
      'RelatedSeriesSequence',
      'SourceImageSequence',
      'DerivationDescription',
      'DerivationCodeSequence',
      'ContributingEquipmentSequence',
      'StationName',
      'DeviceUID',
      'DeviceID',
      'InstanceCreatorUID',
      'InstanceCreationDate',
      'InstanceCreationTime',
      // What was padding is read as a fill value: no pixel of the result means "no data".
      'PixelPaddingValue',
      'PixelPaddingRangeLimit',
      'RealWorldValueMappingSequence',
      'ReferencedPerformedProcedureStepSequence',
      'PerformedProcedureStepID',
      'PerformedProcedureStepStartDate',
      'PerformedProcedureStepStartTime',
      'PerformedProcedureStepEndDate',
      'PerformedProcedureStepEndTime',
      'PerformedProcedureStepDescription',
      'PresentationLUTShape',
      'QualityControlImage',
      'ImageComments',
      'PixelData',
      'FloatPixelData',
      'DoubleFloatPixelData',
      'ExtendedOffsetTable',
      'ExtendedOffsetTableLengths',
      'DataSetTrailingPadding',
    ] as const satisfies readonly Keyword[]
  ).map((keyword) => Tag[keyword]),
);

/**
 * Private blocks without which the numbers of a PET image lose their meaning: Philips SUV and activity factors, GE's
 * post-injection time. All others are left behind (PS3.15 E.3.10 lists the first as safe).
 */
const keptPrivate: readonly (readonly [group: number, creator: string])[] = [
  [0x7053, 'Philips PET Private Group'],
  [0x0009, 'GEMS_PETD_01'],
];

/**
 * Attributes that may not be there beside others, and are in the headers of several scanners: the position where the
 * orientation codes say it (PS3.3 C.7.3.1.1.2), counts of gated and dynamic series in others (C.8.9.1), times of
 * inversion and trigger without either (C.8.3.1).
 */
export function removeContradictions(object: Dataset): void {
  if (object.items('PatientOrientationCodeSequence').length > 0) object.delete('PatientPosition');
  if (object.has('ScanningSequence')) {
    const isGatedByHeart = object.texts('ScanOptions').some((option) => /^(CG|PPG)/.test(option.trim()));
    if (!object.texts('ScanningSequence').includes('IR')) object.delete('InversionTime');
    if (!isGatedByHeart) object.delete('TriggerTime');
  }
  if (!object.has('SeriesType')) return;
  const type = object.texts('SeriesType')[0];
  if (type !== 'DYNAMIC') object.delete('NumberOfTimeSlices');
  if (type !== 'GATED') {
    object.delete('NumberOfRRIntervals');
    object.delete('NumberOfTimeSlots');
  }
}

const OVERLAYS = 0x6000;
const CURVES = 0x5000;

/** Takes over what still holds for an image that was computed from `source`. */
export function inheritAttributes(target: Dataset, source: Dataset): void {
  for (const element of source) {
    const group = element.tag >>> 16;
    const isGraphic = (group & 0xff00) === OVERLAYS || (group & 0xff00) === CURVES;
    const isGroupLength = (element.tag & 0xffff) === 0;
    if (group <= 0x0006 || isGraphic || isGroupLength || isPrivate(element.tag)) continue;
    if (!dropped.has(element.tag)) target.setElement(element);
  }
  for (const [group, creator] of keptPrivate) copyPrivateBlock(target, source, group, creator);
}

function copyPrivateBlock(target: Dataset, source: Dataset, group: number, creator: string): void {
  for (let block = 0x10; block <= 0xff; block++) {
    const reservation = ((group << 16) | block) >>> 0;
    if (source.text(reservation) !== creator) continue;
    const first = ((group << 16) | (block << 8)) >>> 0;
    target.copyFrom(source, [reservation]);
    target.copyFrom(
      source,
      Array.from({ length: 0x100 }, (_, low) => (first | low) >>> 0),
    );
  }
}
