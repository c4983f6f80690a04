import { Dataset, formatDecimalString } from '../../data/index.ts';
import { codeItem, objectError } from '../common/index.ts';
import type { ContentItem, SopReference } from './content-item.ts';

function referenceItem(reference: SopReference): Dataset {
  return Dataset.of({
    ReferencedSOPClassUID: reference.sopClassUid,
    ReferencedSOPInstanceUID: reference.sopInstanceUid,
    ReferencedFrameNumber: reference.frames,
    ReferencedSegmentNumber: reference.segments,
  });
}

/** Measured Value, PS3.3 Table C.18.1-1; the double goes beside the decimal string where that has to round. */
function measuredValue(item: Extract<ContentItem, { type: 'NUM' }>): Dataset | null {
  if (item.value === undefined) return null;
  const decimal = formatDecimalString(item.value);
  if (decimal === undefined || item.unit === undefined) {
    throw objectError('OBJECT_INPUT_INVALID', 'A measurement needs a finite value and a unit', {
      where: item.name?.meaning ?? 'NUM',
      found: String(item.value),
    });
  }
  return Dataset.of({
    MeasurementUnitsCodeSequence: codeItem(item.unit),
    NumericValue: decimal,
    FloatingPointValue: Number(decimal) === item.value ? undefined : item.value,
  });
}

function setValue(target: Dataset, item: ContentItem): void {
  switch (item.type) {
    case 'CONTAINER':
      target.set('ContinuityOfContent', item.continuity);
      if (item.template !== undefined) {
        target.set(
          'ContentTemplateSequence',
          Dataset.of({ MappingResource: 'DCMR', TemplateIdentifier: item.template }),
        );
      }
      return;
    case 'CODE':
      target.set('ConceptCodeSequence', codeItem(item.value));
      return;
    case 'TEXT':
      target.set('TextValue', item.value);
      return;
    case 'UIDREF':
      target.set('UID', item.value);
      return;
    case 'PNAME':
      target.set('PersonName', item.value);
      return;
    case 'DATE':
      target.set('Date', item.value);
      return;
    case 'TIME':
      target.set('Time', item.value);
      return;
    case 'DATETIME':
      target.set('DateTime', item.value);
      return;
    case 'NUM':
      target.set('MeasuredValueSequence', measuredValue(item));
      if (item.qualifier !== undefined) {
        target.set('NumericValueQualifierCodeSequence', codeItem(item.qualifier));
      }
      return;
    case 'IMAGE':
    case 'COMPOSITE':
    case 'WAVEFORM':
      target.set('ReferencedSOPSequence', referenceItem(item.reference));
      return;
    case 'SCOORD':
      target.set('GraphicType', item.graphicType);
      target.set('GraphicData', item.points);
      return;
    case 'SCOORD3D':
      target.set('GraphicType', item.graphicType);
      target.set('GraphicData', item.points);
      target.set('ReferencedFrameOfReferenceUID', item.frameOfReferenceUid);
      return;
    case 'TCOORD':
    case 'REFERENCE':
      throw objectError('OBJECT_INPUT_INVALID', 'Items of this type are read but not written', {
        found: item.type,
      });
  }
}

/** Document Relationship and Document Content Macros, PS3.3 Tables C.17-5 and C.17-6, of an item into `target`. */
export function writeContent(target: Dataset, item: ContentItem): Dataset {
  if (item.relationship !== undefined) target.set('RelationshipType', item.relationship);
  target.set('ValueType', item.type);
  if (item.name !== undefined) target.set('ConceptNameCodeSequence', codeItem(item.name));
  setValue(target, item);
  if (item.children.length > 0) {
    target.set(
      'ContentSequence',
      item.children.map((child) => writeContent(new Dataset(), child)),
    );
  }
  return target;
}
