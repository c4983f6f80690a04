import type { Dataset } from '../../data/index.ts';
import { objectError, readCode } from '../common/index.ts';
import type { ContentItem, GraphicType, GraphicType3d, Relationship, SopReference } from './content-item.ts';

/** Deeper trees than this exist in no template. */
const DEPTH_LIMIT = 64;

function readReference(item: Dataset): SopReference {
  const reference = item.item('ReferencedSOPSequence');
  const frames = reference?.numbers('ReferencedFrameNumber').filter((frame) => !Number.isNaN(frame)) ?? [];
  const segments =
    reference?.numbers('ReferencedSegmentNumber').filter((segment) => !Number.isNaN(segment)) ?? [];
  return {
    sopClassUid: reference?.text('ReferencedSOPClassUID') ?? '',
    sopInstanceUid: reference?.text('ReferencedSOPInstanceUID') ?? '',
    ...(frames.length > 0 ? { frames } : {}),
    ...(segments.length > 0 ? { segments } : {}),
  };
}

/** The value of an item by its type; undefined for types nobody defined. */
function readValue(item: Dataset, common: Omit<ContentItem, 'type'>): ContentItem | undefined {
  const type = item.text('ValueType') ?? (item.has('ReferencedContentItemIdentifier') ? 'REFERENCE' : '');
  switch (type) {
    case 'CONTAINER': {
      const template = item.item('ContentTemplateSequence')?.text('TemplateIdentifier');
      const continuity = item.text('ContinuityOfContent') === 'CONTINUOUS' ? 'CONTINUOUS' : 'SEPARATE';
      return { ...common, type, continuity, ...(template === undefined ? {} : { template }) };
    }
    case 'CODE': {
      const value = readCode(item, 'ConceptCodeSequence');
      return value === undefined ? undefined : { ...common, type, value };
    }
    case 'TEXT':
      return { ...common, type, value: item.text('TextValue') ?? '' };
    case 'UIDREF':
      return { ...common, type, value: item.text('UID') ?? '' };
    case 'PNAME':
      return { ...common, type, value: item.text('PersonName') ?? '' };
    case 'DATE':
      return { ...common, type, value: item.text('Date') ?? '' };
    case 'TIME':
      return { ...common, type, value: item.text('Time') ?? '' };
    case 'DATETIME':
      return { ...common, type, value: item.text('DateTime') ?? '' };
    case 'NUM': {
      const measured = item.item('MeasuredValueSequence');
      const value = measured?.number('FloatingPointValue') ?? measured?.number('NumericValue');
      const unit = measured === undefined ? undefined : readCode(measured, 'MeasurementUnitsCodeSequence');
      const qualifier = readCode(item, 'NumericValueQualifierCodeSequence');
      return {
        ...common,
        type,
        ...(value === undefined ? {} : { value }),
        ...(unit === undefined ? {} : { unit }),
        ...(qualifier === undefined ? {} : { qualifier }),
      };
    }
    case 'IMAGE':
    case 'COMPOSITE':
    case 'WAVEFORM':
      return { ...common, type, reference: readReference(item) };
    case 'SCOORD':
      return {
        ...common,
        type,
        graphicType: (item.text('GraphicType') ?? 'POINT') as GraphicType,
        points: item.numbers('GraphicData'),
      };
    case 'SCOORD3D':
      return {
        ...common,
        type,
        graphicType: (item.text('GraphicType') ?? 'POINT') as GraphicType3d,
        points: item.numbers('GraphicData'),
        frameOfReferenceUid: item.text('ReferencedFrameOfReferenceUID') ?? '',
      };
    case 'TCOORD':
      return { ...common, type };
    case 'REFERENCE':
      return { ...common, type, path: item.numbers('ReferencedContentItemIdentifier') };
    default:
      return undefined;
  }
}

/**
 * Reads the content tree of any SR document. Items of unknown type are left out together with their children, since
 * nothing can be said about them.
 */
export function readContent(item: Dataset, depth = 0): ContentItem | undefined {
  if (depth > DEPTH_LIMIT) {
    throw objectError('REPORT_TREE_INVALID', 'The content tree is nested too deep', {
      expected: `at most ${DEPTH_LIMIT} levels`,
    });
  }
  const name = readCode(item, 'ConceptNameCodeSequence');
  const relationship = item.text('RelationshipType') as Relationship | undefined;
  const children = item
    .items('ContentSequence')
    .map((child) => readContent(child, depth + 1))
    .filter((child) => child !== undefined);
  return readValue(item, {
    children,
    ...(name === undefined ? {} : { name }),
    ...(relationship === undefined ? {} : { relationship }),
  });
}

/** The root container of a document. */
export function readDocumentContent(document: Dataset): Extract<ContentItem, { type: 'CONTAINER' }> {
  const root = readContent(document);
  if (root?.type !== 'CONTAINER') {
    throw objectError('REPORT_TREE_INVALID', 'The document has no root container', {
      where: 'ValueType (0040,A040)',
      expected: 'CONTAINER',
      ...(root === undefined ? {} : { found: root.type }),
    });
  }
  return root;
}
