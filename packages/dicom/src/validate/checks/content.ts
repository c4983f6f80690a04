import { type Dataset, UID } from '../../data/index.ts';
import type { Report } from '../problem.ts';

const SECTION = 'PS3.3 C.17.3 SR Document Content';

/** Where the value of each value type is, PS3.3 Table C.17-5 and C.18. */
const valueAttributes = {
  CODE: 'ConceptCodeSequence',
  TEXT: 'TextValue',
  UIDREF: 'UID',
  PNAME: 'PersonName',
  DATE: 'Date',
  TIME: 'Time',
  DATETIME: 'DateTime',
  IMAGE: 'ReferencedSOPSequence',
  COMPOSITE: 'ReferencedSOPSequence',
  WAVEFORM: 'ReferencedSOPSequence',
  SCOORD: 'GraphicData',
  SCOORD3D: 'GraphicData',
  TCOORD: 'TemporalRangeType',
} as const;

const valueTypes = new Set([...Object.keys(valueAttributes), 'CONTAINER', 'NUM']);

/** Items that say nothing without a name (PS3.3 Table C.17-5, Concept Name Code Sequence 1C). */
const named = new Set(['CODE', 'TEXT', 'NUM', 'UIDREF', 'PNAME', 'DATE', 'TIME', 'DATETIME']);

const TEXTUAL = 'CONTAINER TEXT CODE DATETIME DATE TIME UIDREF PNAME COMPOSITE IMAGE WAVEFORM'.split(' ');
const MEASURED = [...TEXTUAL, 'NUM', 'SCOORD', 'TCOORD'];

/** Value types of each SOP class, PS3.3 A.35. */
const allowedTypes: Readonly<Record<string, ReadonlySet<string>>> = {
  [UID.BasicTextSRStorage]: new Set(TEXTUAL),
  [UID.EnhancedSRStorage]: new Set(MEASURED),
  [UID.ComprehensiveSRStorage]: new Set(MEASURED),
  [UID.Comprehensive3DSRStorage]: new Set([...MEASURED, 'SCOORD3D']),
  [UID.KeyObjectSelectionDocumentStorage]: new Set([
    'CONTAINER',
    'TEXT',
    'CODE',
    'UIDREF',
    'PNAME',
    'COMPOSITE',
    'IMAGE',
    'WAVEFORM',
  ]),
};

const relationships = new Set([
  'CONTAINS',
  'HAS OBS CONTEXT',
  'HAS ACQ CONTEXT',
  'HAS CONCEPT MOD',
  'HAS PROPERTIES',
  'INFERRED FROM',
  'SELECTED FROM',
]);

type Say = (message: string) => void;

function checkNumber(item: Dataset, say: Say): void {
  const measured = item.item('MeasuredValueSequence');
  if (!item.has('MeasuredValueSequence')) {
    say('a NUM item has no Measured Value Sequence');
    return;
  }
  if (measured === undefined) {
    if (!item.has('NumericValueQualifierCodeSequence')) say('a NUM item without a value has no qualifier');
    return;
  }
  if (measured.number('NumericValue') === undefined) say('a NUM item has no numeric value');
  if (measured.item('MeasurementUnitsCodeSequence') === undefined) say('a NUM item has no unit');
}

/** Number of points of a graphic type. */
const pointCounts: Readonly<Record<string, (count: number) => boolean>> = {
  POINT: (count) => count === 1,
  MULTIPOINT: (count) => count >= 1,
  POLYLINE: (count) => count >= 2,
  POLYGON: (count) => count >= 3,
  CIRCLE: (count) => count === 2,
  ELLIPSE: (count) => count === 4,
  ELLIPSOID: (count) => count === 6,
};

function checkCoordinates(item: Dataset, dimensions: 2 | 3, say: Say): void {
  const values = item.numbers('GraphicData');
  const type = item.text('GraphicType') ?? '';
  const isRight = pointCounts[type];
  const known2d = dimensions === 2 && (type === 'POLYGON' || type === 'ELLIPSOID');
  const known3d = dimensions === 3 && type === 'CIRCLE';
  if (isRight === undefined || known2d || known3d) say(`the graphic type ${type} does not exist here`);
  else if (values.length % dimensions !== 0 || !isRight(values.length / dimensions)) {
    say(`a ${type} cannot have ${values.length} coordinates`);
  }
  if (dimensions === 3 && item.text('ReferencedFrameOfReferenceUID') === undefined) {
    say('spatial coordinates in 3D name no frame of reference');
  }
  const selected = item
    .items('ContentSequence')
    .some(
      (child) => child.text('RelationshipType') === 'SELECTED FROM' && child.text('ValueType') === 'IMAGE',
    );
  if (dimensions === 2 && !selected) say('spatial coordinates are selected from no image');
}

/** Relationships that PS3.3 A.35.13.3.1.2 allows by their target and source. */
function checkRelationship(item: Dataset, parent: Dataset, say: Say): void {
  const relationship = item.text('RelationshipType');
  const type = item.text('ValueType') ?? '';
  const source = parent.text('ValueType') ?? '';
  if (relationship === undefined || !relationships.has(relationship)) {
    say(
      relationship === undefined
        ? 'the item has no relationship'
        : `there is no relationship ${relationship}`,
    );
    return;
  }
  if (relationship === 'CONTAINS' && source !== 'CONTAINER') say(`a ${source} cannot contain items`);
  if (relationship === 'HAS CONCEPT MOD' && type !== 'CODE' && type !== 'TEXT')
    say(`a ${type} cannot modify a concept`);
  if (
    relationship === 'HAS OBS CONTEXT' &&
    ['CONTAINER', 'IMAGE', 'SCOORD', 'SCOORD3D', 'TCOORD'].includes(type)
  ) {
    say(`a ${type} cannot be observation context`);
  }
  if (relationship === 'SELECTED FROM' && !['SCOORD', 'SCOORD3D', 'TCOORD'].includes(source)) {
    say(`a ${source} is selected from nothing`);
  }
}

/**
 * The content tree of any structured report or key object selection: value types, values, names, relationships.
 * Positions are 1-based ordinals from the root.
 */
export function checkContent(root: Dataset, report: Report): void {
  const allowed = allowedTypes[root.text('SOPClassUID') ?? ''];
  const visit = (item: Dataset, position: string, parent: Dataset | undefined) => {
    const say: Say = (message) =>
      report({ code: 'REPORT_RULE', where: `content ${position}`, message, section: SECTION });
    const type = item.text('ValueType');
    if (item.has('ReferencedContentItemIdentifier')) return;
    if (type === undefined || !valueTypes.has(type)) {
      say(type === undefined ? 'the item has no value type' : `there is no value type ${type}`);
    } else {
      if (allowed?.has(type) === false) say(`a ${type} item is not allowed in this SOP class`);
      const attribute = valueAttributes[type as keyof typeof valueAttributes];
      const isEmpty = attribute !== undefined && item.element(attribute)?.isEmpty !== false;
      if (isEmpty) say(`a ${type} item has no ${attribute}`);
      if (named.has(type) && item.item('ConceptNameCodeSequence') === undefined)
        say(`a ${type} item has no name`);
      if (type === 'NUM') checkNumber(item, say);
      if (type === 'SCOORD') checkCoordinates(item, 2, say);
      if (type === 'SCOORD3D') checkCoordinates(item, 3, say);
      if (type === 'CONTAINER' && item.text('ContinuityOfContent') === undefined)
        say('a container has no continuity');
    }
    if (parent !== undefined) checkRelationship(item, parent, say);
    for (const [index, child] of item.items('ContentSequence').entries()) {
      visit(child, `${position}.${index + 1}`, item);
    }
  };
  visit(root, '1', undefined);
}
