import { readFileSync } from 'node:fs';
import { dataFile, describeWithData } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { dcm, photopeak, sct, ucum } from '../codes/index.ts';
import { Dataset, UID } from '../data/index.ts';
import { codeItem } from '../objects/common/index.ts';
import {
  buildDerivedSeries,
  buildKeyObject,
  buildMeasurementReport,
  buildRealWorldValueMapping,
  buildSecondaryCapture,
  buildSegmentation,
  buildSpatialRegistration,
  type InstanceReference,
} from '../objects/index.ts';
import {
  type TestModality,
  testAlgorithm,
  testContext,
  testGrid,
  testHeaders,
  testSource,
} from '../objects/test-kit.ts';
import { parsePart10 } from '../read/index.ts';
import { uidFrom } from '../uid/index.ts';
import { parseMultiplicity } from './check-values.ts';
import { errorsOf, type ProblemCode, validate } from './index.ts';
import type { Rule } from './rule.ts';
import { sopClassRules } from './sop-classes.ts';

const grid = testGrid('oblique', [5, 3, 4]);
const source = testSource('PT', grid);
const images = source.slices.map((slice) => slice.reference);
const { header } = source;
const segmentationReference: InstanceReference = {
  ...images[0]!,
  seriesInstanceUid: uidFrom('seg series'),
  sopClassUid: UID.SegmentationStorage,
  sopInstanceUid: uidFrom('seg'),
};

const segmentation = (encoding: 'binary' | 'labelmap' = 'binary') =>
  buildSegmentation({
    context: testContext(header, 'seg'),
    source,
    encoding,
    segments: [
      {
        label: 'Lesion',
        type: sct.neoplasm,
        algorithmType: 'AUTOMATIC',
        algorithm: testAlgorithm,
        anatomicRegion: sct.lung,
        trackingId: 'L1',
        trackingUid: uidFrom('l1'),
      },
      { label: 'Liver', type: sct.liver, algorithmType: 'MANUAL' },
    ],
    pixels: {
      kind: 'labels',
      labels: { ...grid, data: Uint8Array.from({ length: 60 }, (_, at) => at % 3), unit: '1' },
    },
  });

const report = () =>
  buildMeasurementReport({
    context: testContext(header, 'report'),
    observers: [
      { kind: 'device', uid: uidFrom('node'), name: 'Photopeak' },
      { kind: 'person', name: 'Smith^Anna', organization: 'Hospital' },
    ],
    proceduresReported: [sct.petCtFdgWholeBody],
    verification: { observerName: 'Smith^Anna', organization: 'Hospital', at: '2026-11-23T12:00:00+01:00' },
    predecessors: [
      { ...images[0]!, sopClassUid: UID.Comprehensive3DSRStorage, sopInstanceUid: uidFrom('old') },
    ],
    groups: [
      {
        kind: 'volumetric',
        trackingId: 'L1',
        trackingUid: uidFrom('l1'),
        finding: sct.neoplasm,
        sites: [{ site: sct.lung, laterality: sct.left }],
        algorithm: testAlgorithm,
        region: { kind: 'segment', segmentation: segmentationReference, segment: 1 },
        source: { seriesInstanceUid: images[0]!.seriesInstanceUid },
        measurements: [{ name: dcm.suvBw, value: 7.5, unit: ucum.suvBw, derivation: sct.maximum }],
      },
      {
        kind: 'planar',
        trackingId: 'P1',
        trackingUid: uidFrom('p1'),
        region: { kind: 'image', image: images[1]!, graphicType: 'CIRCLE', points: [2, 2, 3, 2] },
        measurements: [{ name: sct.diameter, value: 2, unit: ucum.mm }],
      },
      {
        kind: 'general',
        trackingId: 'Q',
        trackingUid: uidFrom('q'),
        finding: photopeak.registrationQuality,
        measurements: [{ name: photopeak.registrationScore, value: 90, unit: ucum.score }],
      },
    ],
  });

const derived = (modality: TestModality) => {
  const headers = testHeaders(modality, grid);
  const data = Float32Array.from({ length: 60 }, (_, at) => at);
  return buildDerivedSeries({
    context: testContext(headers[0]!, modality),
    source: { grid, headers },
    volume: { ...grid, data, unit: '1' },
    derivations: [dcm.smoothing],
    derivationDescription: 'test',
  })[0]!;
};

const capture = (pages: number) =>
  buildSecondaryCapture({
    context: testContext(header, 'capture'),
    pictures: Array.from({ length: pages }, () => ({ columns: 2, rows: 2, rgb: new Uint8Array(12) })),
    derivationDescription: 'MIP',
  });

const builders: Readonly<Record<string, () => Dataset>> = {
  segmentation,
  labelmap: () => segmentation('labelmap'),
  report,
  registration: () =>
    buildSpatialRegistration({
      context: testContext(header, 'reg'),
      fixed: { frameOfReferenceUid: '1.2.3', images: images.slice(0, 2) },
      moving: [
        {
          frameOfReferenceUid: '1.2.4',
          images: images.slice(2),
          movingToFixed: [1, 0, 0, 5, 0, 1, 0, 4, 0, 0, 1, 3, 0, 0, 0, 1],
        },
      ],
    }),
  mapping: () =>
    buildRealWorldValueMapping({
      context: testContext(header, 'rwv'),
      groups: [
        {
          images,
          signed: true,
          bitsStored: 16,
          mappings: [{ slope: 0.001, unit: ucum.suvBw, quantity: dcm.suvBw, label: 'SUVbw' }],
        },
      ],
    }),
  keyObject: () =>
    buildKeyObject({
      context: testContext(header, 'ko'),
      title: dcm.ofInterest,
      references: images,
      description: 'x',
    }),
  capture: () => capture(1),
  pages: () => capture(2),
  CT: () => derived('CT'),
  MR: () => derived('MR'),
  PT: () => derived('PT'),
  NM: () => derived('NM'),
};

describe('every object that is built', () => {
  for (const [name, build] of Object.entries(builders)) {
    it(`has no problem: ${name}`, () => expect(errorsOf(validate(build()))).toEqual([]));
  }
});

/** Every place where a rule of a table applies in an object: the item and the rule. */
function* places(
  item: Dataset,
  rules: readonly Rule[],
  root: Dataset,
): Generator<{ item: Dataset; rule: Rule }> {
  for (const rule of rules) {
    if (
      rule.type === '1' ||
      rule.type === '2' ||
      (rule.type !== '3' && rule.condition?.holds(item, root) === true)
    ) {
      yield { item, rule };
    }
    for (const child of item.items(rule.keyword)) yield* places(child, rule.items ?? [], root);
  }
}

describe('every row of the tables', () => {
  for (const [name, build] of Object.entries(builders)) {
    it(`is missed when its attribute is absent, and type 1 when it is empty: ${name}`, () => {
      const count = [...rowsOf(build())].length;
      expect(count).toBeGreaterThan(15);
      for (let index = 0; index < count; index++) {
        const without = build();
        const { item, rule } = [...rowsOf(without)][index]!;
        item.delete(rule.keyword);
        const missing = validate(without).filter((problem) => problem.code === 'ATTRIBUTE_MISSING');
        expect(
          missing.some((problem) => problem.where.endsWith(rule.keyword)),
          `${rule.keyword} absent`,
        ).toBe(true);
        if (!rule.type.startsWith('1')) continue;
        const empty = build();
        const place = [...rowsOf(empty)][index]!;
        place.item.set(place.rule.keyword, null);
        const found = validate(empty).filter((problem) => problem.code === 'ATTRIBUTE_EMPTY');
        expect(
          found.some((problem) => problem.where.endsWith(rule.keyword)),
          `${rule.keyword} empty`,
        ).toBe(true);
      }
    });
  }

  /** Rows by name, the first place of each. What decides which rules apply is left alone. */
  function* rowsOf(object: Dataset) {
    const rules = sopClassRules[object.text('SOPClassUID')!]!;
    const seen = new Set<string>();
    for (const module of rules.modules) {
      for (const place of places(object, module.rules, object)) {
        const key = `${place.rule.keyword} ${place.rule.type}`;
        const decides = ['SOPClassUID', 'ValueType', 'SegmentationType', 'TrackingID', 'TrackingUID'];
        if (seen.has(key) || decides.includes(place.rule.keyword)) continue;
        seen.add(key);
        yield place;
      }
    }
  }
});

/** Items of the content tree by the path of 1-based ordinals. */
const at = (object: Dataset, ...path: readonly number[]): Dataset =>
  path.reduce((item, ordinal) => item.items('ContentSequence')[ordinal - 1]!, object);

/** Items below another, wherever they stand, by the code value of their name. */
function named(item: Dataset, value: string): Dataset {
  const visit = (one: Dataset): Dataset | undefined => {
    if (one.item('ConceptNameCodeSequence')?.text('CodeValue') === value) return one;
    for (const child of one.items('ContentSequence')) {
      const found = visit(child);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const found = visit(item);
  if (found === undefined) throw new Error(`no item ${value}`);
  return found;
}

function remove(object: Dataset, value: string): void {
  const prune = (item: Dataset): void => {
    const children = item.items('ContentSequence');
    if (children.length === 0) return;
    const kept = children.filter(
      (child) => child.item('ConceptNameCodeSequence')?.text('CodeValue') !== value,
    );
    if (kept.length < children.length) item.set('ContentSequence', kept);
    for (const child of kept) prune(child);
  };
  prune(object);
}

const GROUPS = '126010';
const group = (object: Dataset, ordinal: number) => at(named(object, GROUPS), ordinal);

interface Case {
  readonly what: string;
  readonly of: keyof typeof builders;
  readonly spoil: (object: Dataset) => void;
  readonly code: ProblemCode;
  readonly message: RegExp;
}

const broken: readonly Case[] = [
  // Values and codes, any object
  {
    what: 'a UID with a leading zero',
    of: 'CT',
    spoil: (o) => o.set('StudyInstanceUID', '1.02.3'),
    code: 'VALUE_MALFORMED',
    message: /UI/,
  },
  {
    what: 'a date with dots',
    of: 'CT',
    spoil: (o) => o.set('AcquisitionDate', '1993.11.24'),
    code: 'VALUE_MALFORMED',
    message: /DA/,
  },
  {
    what: 'a number that is none',
    of: 'CT',
    spoil: (o) => o.set('KVP', '120kV'),
    code: 'VALUE_MALFORMED',
    message: /DS/,
  },
  {
    what: 'a code string in lower case',
    of: 'CT',
    spoil: (o) => o.set('BodyPartExamined', 'chest'),
    code: 'VALUE_MALFORMED',
    message: /CS/,
  },
  {
    what: 'a text that is too long',
    of: 'CT',
    spoil: (o) => o.set('SeriesDescription', 'x'.repeat(65)),
    code: 'VALUE_MALFORMED',
    message: /LO/,
  },
  {
    what: 'two values where one belongs',
    of: 'CT',
    spoil: (o) => o.set('PixelSpacing', [1]),
    code: 'VALUE_MULTIPLICITY',
    message: /must have 2/,
  },
  {
    what: 'a sex that is not defined',
    of: 'CT',
    spoil: (o) => o.set('PatientSex', 'X'),
    code: 'VALUE_NOT_ENUMERATED',
    message: /M, F, O/,
  },
  {
    what: 'a code without meaning',
    of: 'CT',
    spoil: (o) => o.item('DerivationCodeSequence')!.delete('CodeMeaning'),
    code: 'CODE_INCOMPLETE',
    message: /meaning/,
  },
  {
    what: 'a code without scheme',
    of: 'CT',
    spoil: (o) => o.item('DerivationCodeSequence')!.delete('CodingSchemeDesignator'),
    code: 'CODE_INCOMPLETE',
    message: /scheme/,
  },
  {
    what: 'a code without value',
    of: 'CT',
    spoil: (o) => o.item('DerivationCodeSequence')!.delete('CodeValue'),
    code: 'CODE_INCOMPLETE',
    message: /no value/,
  },
  {
    what: 'a code with two values',
    of: 'CT',
    spoil: (o) => o.item('DerivationCodeSequence')!.set('LongCodeValue', 'x'),
    code: 'CODE_INCOMPLETE',
    message: /more than one/,
  },
  {
    what: 'a private scheme that is not declared',
    of: 'report',
    spoil: (o) => o.delete('CodingSchemeIdentificationSequence'),
    code: 'CODE_SCHEME_UNDECLARED',
    message: /99PHOTOPEAK/,
  },
  {
    what: 'two items where one belongs',
    of: 'segmentation',
    spoil: (o) =>
      o
        .item('SegmentSequence')!
        .set('SegmentedPropertyTypeCodeSequence', [codeItem(sct.lung), codeItem(sct.liver)]),
    code: 'VALUE_MULTIPLICITY',
    message: /2 items/,
  },
  // Images
  {
    what: 'pixel data that is too short',
    of: 'CT',
    spoil: (o) => o.set('PixelData', new Uint8Array(8), 'OW'),
    code: 'PIXELS_INCONSISTENT',
    message: /bytes/,
  },
  {
    what: 'a wrong high bit',
    of: 'CT',
    spoil: (o) => o.set('HighBit', 7),
    code: 'PIXELS_INCONSISTENT',
    message: /Bits Stored/,
  },
  {
    what: 'more bits stored than allocated',
    of: 'CT',
    spoil: (o) => o.set('BitsStored', 17).set('HighBit', 16),
    code: 'PIXELS_INCONSISTENT',
    message: /allocated/,
  },
  {
    what: 'an orientation that is none',
    of: 'CT',
    spoil: (o) => o.set('ImageOrientationPatient', [1, 0, 0, 1, 0, 0]),
    code: 'GEOMETRY_INVALID',
    message: /orthogonal/,
  },
  {
    what: 'a spacing of zero',
    of: 'CT',
    spoil: (o) => o.set('PixelSpacing', [0, 1]),
    code: 'GEOMETRY_INVALID',
    message: /positive/,
  },
  {
    what: 'a secondary PET',
    of: 'PT',
    spoil: (o) => o.set('ImageType', ['DERIVED', 'SECONDARY']),
    code: 'VALUE_NOT_ENUMERATED',
    message: /PRIMARY/,
  },
  {
    what: 'a PET with intercept',
    of: 'PT',
    spoil: (o) => o.set('RescaleIntercept', 5),
    code: 'IMAGE_RULE',
    message: /always 0/,
  },
  {
    what: 'a slope of zero',
    of: 'PT',
    spoil: (o) => o.set('RescaleSlope', 0),
    code: 'IMAGE_RULE',
    message: /slope of 0/,
  },
  {
    what: 'a derived image without lineage',
    of: 'CT',
    spoil: (o) => {
      o.delete('SourceImageSequence');
      o.delete('DerivationDescription');
    },
    code: 'IMAGE_RULE',
    message: /derived from/,
  },
  {
    what: 'loss that was forgotten',
    of: 'CT',
    spoil: (o) => o.set('LossyImageCompression', '00').set('LossyImageCompressionRatio', 8),
    code: 'IMAGE_RULE',
    message: /stays 01/,
  },
  // Segmentations
  {
    what: 'segment numbers with a gap',
    of: 'segmentation',
    spoil: (o) => o.items('SegmentSequence')[1]!.set('SegmentNumber', 5),
    code: 'SEGMENT_INCONSISTENT',
    message: /without gaps/,
  },
  {
    what: 'labels that do not ascend',
    of: 'labelmap',
    spoil: (o) => o.items('SegmentSequence')[1]!.set('SegmentNumber', 0),
    code: 'SEGMENT_INCONSISTENT',
    message: /ascend/,
  },
  {
    what: 'a frame of a segment that is not there',
    of: 'segmentation',
    spoil: (o) =>
      o
        .item('PerFrameFunctionalGroupsSequence')!
        .item('SegmentIdentificationSequence')!
        .set('ReferencedSegmentNumber', 9),
    code: 'SEGMENT_INCONSISTENT',
    message: /not there/,
  },
  {
    what: 'a frame of no segment',
    of: 'segmentation',
    spoil: (o) => o.item('PerFrameFunctionalGroupsSequence')!.delete('SegmentIdentificationSequence'),
    code: 'SEGMENT_INCONSISTENT',
    message: /names no segment/,
  },
  {
    what: 'a frame without position',
    of: 'segmentation',
    spoil: (o) => o.item('PerFrameFunctionalGroupsSequence')!.delete('PlanePositionSequence'),
    code: 'SEGMENT_INCONSISTENT',
    message: /no position/,
  },
  {
    what: 'a frame too few',
    of: 'segmentation',
    spoil: (o) =>
      o.set('PerFrameFunctionalGroupsSequence', o.items('PerFrameFunctionalGroupsSequence').slice(1)),
    code: 'SEGMENT_INCONSISTENT',
    message: /items for/,
  },
  {
    what: 'an index for one of two dimensions',
    of: 'segmentation',
    spoil: (o) =>
      o
        .item('PerFrameFunctionalGroupsSequence')!
        .item('FrameContentSequence')!
        .set('DimensionIndexValues', [1]),
    code: 'SEGMENT_INCONSISTENT',
    message: /dimensions/,
  },
  {
    what: 'an unknown dimension organization',
    of: 'segmentation',
    spoil: (o) => o.item('DimensionIndexSequence')!.set('DimensionOrganizationUID', '1.2'),
    code: 'SEGMENT_INCONSISTENT',
    message: /organizations/,
  },
  {
    what: 'a dimension of an attribute that does not exist',
    of: 'segmentation',
    spoil: (o) => o.item('DimensionIndexSequence')!.set('DimensionIndexPointer', [0x00080002]),
    code: 'SEGMENT_INCONSISTENT',
    message: /does not exist/,
  },
  {
    what: 'the wrong number of bits',
    of: 'segmentation',
    spoil: (o) => o.set('BitsAllocated', 16),
    code: 'SEGMENT_INCONSISTENT',
    message: /1 or 8 bits/,
  },
  {
    what: 'a third value of Image Type',
    of: 'segmentation',
    spoil: (o) => o.set('ImageType', ['DERIVED', 'PRIMARY', 'X']),
    code: 'SEGMENT_INCONSISTENT',
    message: /exactly/,
  },
  {
    what: 'half a tracking identity',
    of: 'segmentation',
    spoil: (o) => o.item('SegmentSequence')!.delete('TrackingUID'),
    code: 'ATTRIBUTE_MISSING',
    message: /Tracking ID is present/,
  },
  {
    what: 'an image that is not listed',
    of: 'segmentation',
    spoil: (o) =>
      o.set(
        'ReferencedSeriesSequence',
        o
          .items('ReferencedSeriesSequence')
          .map((series) =>
            series.set('ReferencedInstanceSequence', series.items('ReferencedInstanceSequence').slice(1)),
          ),
      ),
    code: 'REFERENCE_UNLISTED',
    message: /Common Instance Reference/,
  },
  // Registrations
  {
    what: 'a rigid matrix that scales',
    of: 'registration',
    spoil: (o) =>
      matrixItem(o, 1).set(
        'FrameOfReferenceTransformationMatrix',
        [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
      ),
    code: 'GEOMETRY_INVALID',
    message: /rotation/,
  },
  {
    what: 'a matrix without a last row',
    of: 'registration',
    spoil: (o) =>
      matrixItem(o, 1).set(
        'FrameOfReferenceTransformationMatrix',
        [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1],
      ),
    code: 'GEOMETRY_INVALID',
    message: /last row/,
  },
  {
    what: 'a matrix of fifteen numbers',
    of: 'registration',
    spoil: (o) =>
      matrixItem(o, 1).set(
        'FrameOfReferenceTransformationMatrix',
        [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0],
      ),
    code: 'GEOMETRY_INVALID',
    message: /16 numbers/,
  },
  {
    what: 'a matrix that cannot be inverted',
    of: 'registration',
    spoil: (o) =>
      matrixItem(o, 1)
        .set('FrameOfReferenceTransformationMatrixType', 'AFFINE')
        .set('FrameOfReferenceTransformationMatrix', [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
    code: 'GEOMETRY_INVALID',
    message: /inverted/,
  },
  {
    what: 'a scaled matrix that is skewed',
    of: 'registration',
    spoil: (o) =>
      matrixItem(o, 1)
        .set('FrameOfReferenceTransformationMatrixType', 'RIGID_SCALE')
        .set('FrameOfReferenceTransformationMatrix', [1, 0.5, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
    code: 'GEOMETRY_INVALID',
    message: /orthogonal/,
  },
  {
    what: 'one side only',
    of: 'registration',
    spoil: (o) => o.set('RegistrationSequence', o.items('RegistrationSequence').slice(1)),
    code: 'IMAGE_RULE',
    message: /one side/,
  },
  // Value mappings
  {
    what: 'a mapping of slope zero',
    of: 'mapping',
    spoil: (o) => mappingItem(o).set('RealWorldValueSlope', 0),
    code: 'IMAGE_RULE',
    message: /must not be 0/,
  },
  {
    what: 'a range that runs backwards',
    of: 'mapping',
    spoil: (o) =>
      mappingItem(o)
        .set('RealWorldValueFirstValueMapped', 32767, 'SS')
        .set('RealWorldValueLastValueMapped', 0, 'SS'),
    code: 'IMAGE_RULE',
    message: /greater/,
  },
  {
    what: 'two representations of one range',
    of: 'mapping',
    spoil: (o) => mappingItem(o).set('RealWorldValueLastValueMapped', 5, 'US'),
    code: 'IMAGE_RULE',
    message: /representation/,
  },
  // Documents, PS3.3
  {
    what: 'an unverified document with verifier',
    of: 'report',
    spoil: (o) => o.delete('VerifyingObserverSequence'),
    code: 'ATTRIBUTE_MISSING',
    message: /VERIFIED/,
  },
  {
    what: 'evidence that is missing',
    of: 'report',
    spoil: (o) => o.delete('CurrentRequestedProcedureEvidenceSequence'),
    code: 'REFERENCE_UNLISTED',
    message: /evidence/,
  },
  {
    what: 'evidence of both kinds',
    of: 'report',
    spoil: (o) =>
      o.set('PertinentOtherEvidenceSequence', o.items('CurrentRequestedProcedureEvidenceSequence')),
    code: 'REFERENCE_CONTRADICTORY',
    message: /another/,
  },
  {
    what: 'a NUM in Basic Text SR',
    of: 'report',
    spoil: (o) => o.set('SOPClassUID', UID.BasicTextSRStorage),
    code: 'REPORT_RULE',
    message: /NUM item is not allowed/,
  },
  {
    what: 'a value type that does not exist',
    of: 'report',
    spoil: (o) => at(o, 1).set('ValueType', 'NUMBER'),
    code: 'REPORT_RULE',
    message: /no value type NUMBER/,
  },
  {
    what: 'an item without value type',
    of: 'report',
    spoil: (o) => at(o, 1).delete('ValueType'),
    code: 'REPORT_RULE',
    message: /has no value type/,
  },
  {
    what: 'an item without value',
    of: 'report',
    spoil: (o) => at(o, 1).delete('ConceptCodeSequence'),
    code: 'REPORT_RULE',
    message: /no ConceptCodeSequence/,
  },
  {
    what: 'an item without name',
    of: 'report',
    spoil: (o) => at(o, 1).delete('ConceptNameCodeSequence'),
    code: 'REPORT_RULE',
    message: /no name/,
  },
  {
    what: 'an item without relationship',
    of: 'report',
    spoil: (o) => at(o, 1).delete('RelationshipType'),
    code: 'REPORT_RULE',
    message: /no relationship/,
  },
  {
    what: 'a relationship that does not exist',
    of: 'report',
    spoil: (o) => at(o, 1).set('RelationshipType', 'OWNS'),
    code: 'REPORT_RULE',
    message: /no relationship OWNS/,
  },
  {
    what: 'a code that contains',
    of: 'report',
    spoil: (o) => named(o, '272741003').set('RelationshipType', 'CONTAINS'),
    code: 'REPORT_RULE',
    message: /cannot contain/,
  },
  {
    what: 'a number that modifies',
    of: 'report',
    spoil: (o) => named(o, '126401').set('RelationshipType', 'HAS CONCEPT MOD'),
    code: 'REPORT_RULE',
    message: /cannot modify/,
  },
  {
    what: 'a container as context',
    of: 'report',
    spoil: (o) => group(o, 1).set('RelationshipType', 'HAS OBS CONTEXT'),
    code: 'REPORT_RULE',
    message: /observation context/,
  },
  {
    what: 'a text that is selected from',
    of: 'report',
    spoil: (o) => at(named(o, '126401'), 1).set('RelationshipType', 'SELECTED FROM'),
    code: 'REPORT_RULE',
    message: /selected from nothing/,
  },
  {
    what: 'a container without continuity',
    of: 'report',
    spoil: (o) => group(o, 1).delete('ContinuityOfContent'),
    code: 'REPORT_RULE',
    message: /continuity/,
  },
  {
    what: 'a number without unit',
    of: 'report',
    spoil: (o) => named(o, '126401').item('MeasuredValueSequence')!.delete('MeasurementUnitsCodeSequence'),
    code: 'REPORT_RULE',
    message: /no unit/,
  },
  {
    what: 'a number without value',
    of: 'report',
    spoil: (o) => named(o, '126401').item('MeasuredValueSequence')!.delete('NumericValue'),
    code: 'REPORT_RULE',
    message: /no numeric value/,
  },
  {
    what: 'a number without value and reason',
    of: 'report',
    spoil: (o) => named(o, '126401').set('MeasuredValueSequence', null),
    code: 'REPORT_RULE',
    message: /no qualifier/,
  },
  {
    what: 'a number without measured value',
    of: 'report',
    spoil: (o) => named(o, '126401').delete('MeasuredValueSequence'),
    code: 'REPORT_RULE',
    message: /no Measured Value/,
  },
  {
    what: 'coordinates of no image',
    of: 'report',
    spoil: (o) => named(o, '111030').delete('ContentSequence'),
    code: 'REPORT_RULE',
    message: /selected from no image/,
  },
  {
    what: 'a circle of three points',
    of: 'report',
    spoil: (o) => named(o, '111030').set('GraphicData', [1, 1, 2, 2, 3, 3]),
    code: 'REPORT_RULE',
    message: /CIRCLE/,
  },
  {
    what: 'a graphic type of 3D in 2D',
    of: 'report',
    spoil: (o) => named(o, '111030').set('GraphicType', 'POLYGON'),
    code: 'REPORT_RULE',
    message: /POLYGON does not exist/,
  },
  {
    what: '3D coordinates without frame of reference',
    of: 'report',
    spoil: (o) =>
      named(o, '111030')
        .set('ValueType', 'SCOORD3D')
        .set('GraphicType', 'POINT')
        .set('GraphicData', [1, 2, 3]),
    code: 'REPORT_RULE',
    message: /frame of reference/,
  },
  // TID 1500
  {
    what: 'a title of another report',
    of: 'report',
    spoil: (o) => o.set('ConceptNameCodeSequence', codeItem(dcm.finding)),
    code: 'REPORT_RULE',
    message: /CID 7021/,
  },
  {
    what: 'no template',
    of: 'report',
    spoil: (o) => o.delete('ContentTemplateSequence'),
    code: 'REPORT_RULE',
    message: /template 1500/,
  },
  {
    what: 'no language',
    of: 'report',
    spoil: (o) => remove(o, '121049'),
    code: 'REPORT_RULE',
    message: /language/,
  },
  {
    what: 'no observer',
    of: 'report',
    spoil: (o) => {
      remove(o, '121012');
      remove(o, '121008');
    },
    code: 'REPORT_RULE',
    message: /no observer/,
  },
  {
    what: 'a device without UID',
    of: 'report',
    spoil: (o) => remove(o, '121012'),
    code: 'REPORT_RULE',
    message: /device observer/,
  },
  {
    what: 'a person without name',
    of: 'report',
    spoil: (o) => remove(o, '121008'),
    code: 'REPORT_RULE',
    message: /person observer/,
  },
  {
    what: 'no procedure',
    of: 'report',
    spoil: (o) => remove(o, '121058'),
    code: 'REPORT_RULE',
    message: /no procedure/,
  },
  {
    what: 'a procedure that is contained',
    of: 'report',
    spoil: (o) => named(o, '121058').set('RelationshipType', 'CONTAINS'),
    code: 'REPORT_RULE',
    message: /modify the title/,
  },
  {
    what: 'no measurements',
    of: 'report',
    spoil: (o) => remove(o, GROUPS),
    code: 'REPORT_RULE',
    message: /no imaging measurements/,
  },
  {
    what: 'a group without template',
    of: 'report',
    spoil: (o) => group(o, 3).delete('ContentTemplateSequence'),
    code: 'REPORT_RULE',
    message: /declares no template/,
  },
  {
    what: 'a group without tracking identifier',
    of: 'report',
    spoil: (o) => remove(group(o, 1), '112039'),
    code: 'REPORT_RULE',
    message: /no tracking identifier/,
  },
  {
    what: 'a group without tracking UID',
    of: 'report',
    spoil: (o) => remove(group(o, 1), '112040'),
    code: 'REPORT_RULE',
    message: /no tracking unique/,
  },
  {
    what: 'a tracking UID that is none',
    of: 'report',
    spoil: (o) => named(o, '112040').set('UID', 'lesion'),
    code: 'REPORT_RULE',
    message: /not a UID/,
  },
  {
    what: 'a tracking identifier that is contained',
    of: 'report',
    spoil: (o) => named(o, '112039').set('RelationshipType', 'CONTAINS'),
    code: 'REPORT_RULE',
    message: /observation context/,
  },
  {
    what: 'a volumetric group without region',
    of: 'report',
    spoil: (o) => remove(group(o, 1), '121191'),
    code: 'REPORT_RULE',
    message: /volumetric group/,
  },
  {
    what: 'a planar group without region',
    of: 'report',
    spoil: (o) => remove(group(o, 2), '111030'),
    code: 'REPORT_RULE',
    message: /planar group/,
  },
  {
    what: 'a group of TID 1501 with a region',
    of: 'report',
    spoil: (o) => group(o, 2).item('ContentTemplateSequence')!.set('TemplateIdentifier', '1501'),
    code: 'REPORT_RULE',
    message: /1501 has no region/,
  },
  {
    what: 'a segment of an image',
    of: 'report',
    spoil: (o) =>
      named(o, '121191').item('ReferencedSOPSequence')!.set('ReferencedSOPClassUID', UID.CTImageStorage),
    code: 'REPORT_RULE',
    message: /lies in a segmentation/,
  },
  {
    what: 'a segment without number',
    of: 'report',
    spoil: (o) => named(o, '121191').item('ReferencedSOPSequence')!.delete('ReferencedSegmentNumber'),
    code: 'REPORT_RULE',
    message: /exactly one segment/,
  },
  {
    what: 'a segment that is no image',
    of: 'report',
    spoil: (o) => named(o, '121191').set('ValueType', 'COMPOSITE'),
    code: 'REPORT_RULE',
    message: /IMAGE item/,
  },
  {
    what: 'a segmentation frame without number',
    of: 'report',
    spoil: (o) =>
      named(o, '121191').set('ConceptNameCodeSequence', codeItem(dcm.referencedSegmentationFrame)),
    code: 'REPORT_RULE',
    message: /names its frame/,
  },
  {
    what: 'a segment without its images',
    of: 'report',
    spoil: (o) => remove(group(o, 1), '121232'),
    code: 'REPORT_RULE',
    message: /which images/,
  },
  {
    what: 'a measurement with coordinates',
    of: 'report',
    spoil: (o) => named(group(o, 2), '81827009').set('ContentSequence', [named(o, '111030')]),
    code: 'REPORT_RULE',
    message: /coordinates of its own/,
  },
  {
    what: 'a site that is contained',
    of: 'report',
    spoil: (o) => named(o, '363698007').set('RelationshipType', 'CONTAINS'),
    code: 'REPORT_RULE',
    message: /finding site/,
  },
  {
    what: 'a derivation that is a property',
    of: 'report',
    spoil: (o) => named(o, '121401').set('RelationshipType', 'HAS PROPERTIES'),
    code: 'REPORT_RULE',
    message: /derivation/,
  },
  {
    what: 'an algorithm without version',
    of: 'report',
    spoil: (o) => remove(group(o, 1), '111003'),
    code: 'REPORT_RULE',
    message: /name and version/,
  },
  {
    what: 'a group outside the measurements',
    of: 'report',
    spoil: (o) => o.set('ContentSequence', [...o.items('ContentSequence'), group(o, 3)]),
    code: 'REPORT_RULE',
    message: /among the imaging/,
  },
  // Key objects
  {
    what: 'an unknown title',
    of: 'keyObject',
    spoil: (o) => o.set('ConceptNameCodeSequence', codeItem(dcm.finding)),
    code: 'REPORT_RULE',
    message: /CID 7010/,
  },
  {
    what: 'nothing selected',
    of: 'keyObject',
    spoil: (o) => o.set('ContentSequence', o.items('ContentSequence').slice(0, 1)),
    code: 'REPORT_RULE',
    message: /no instance/,
  },
];

const matrixItem = (object: Dataset, index: number) =>
  object.items('RegistrationSequence')[index]!.item('MatrixRegistrationSequence')!.item('MatrixSequence')!;
const mappingItem = (object: Dataset) =>
  object.item('ReferencedImageRealWorldValueMappingSequence')!.item('RealWorldValueMappingSequence')!;

describe('every other rule', () => {
  for (const { what, of, spoil, code, message } of broken) {
    it(`finds ${what}`, () => {
      const object = builders[of]!();
      expect(
        validate(object).filter((problem) => problem.code === code && message.test(problem.message)),
      ).toEqual([]);
      spoil(object);
      const found = validate(object).filter(
        (problem) => problem.code === code && message.test(problem.message),
      );
      expect(found.length, JSON.stringify(validate(object).slice(0, 5))).toBeGreaterThan(0);
      expect(found[0]!.section).toMatch(/^PS3\./);
    });
  }

  it('says that it knows no rules for a SOP class', () => {
    const problems = validate(Dataset.of({ SOPClassUID: '1.2.3' }));
    expect(problems.map((problem) => problem.code)).toEqual(['SOP_CLASS_UNKNOWN']);
  });

  it('warns only of what a source lacks as well', () => {
    const object = derived('CT');
    const original = testHeaders('CT', grid)[0]!;
    object.delete('KVP');
    original.delete('KVP');
    expect(errorsOf(validate(object))).toHaveLength(1);
    expect(errorsOf(validate(object, { inheritedFrom: original }))).toEqual([]);
    expect(validate(object, { inheritedFrom: original })[0]?.message).toContain('as in the source');
  });

  it('reads multiplicities', () => {
    expect(parseMultiplicity('1')).toEqual({ least: 1, most: 1, step: 1 });
    expect(parseMultiplicity('2-2n')).toEqual({ least: 2, most: Infinity, step: 2 });
    expect(parseMultiplicity('1-n')).toEqual({ least: 1, most: Infinity, step: 1 });
    expect(parseMultiplicity('1-8')).toEqual({ least: 1, most: 8, step: 1 });
  });
});

describeWithData('the golden objects', () => {
  const problems = (name: string) =>
    validate(parsePart10(readFileSync(dataFile('golden', `${name}.dcm`))).dataset);

  it('have no error', () => {
    const names =
      `ct_0 pt_0 ct_denoised_0 pt_denoised_0 pt_resampled_0 mr_derived_primary mr_derived_secondary kos
      reg_rigid reg_deformable rtstruct rwvm_suv sc_rgb sc_mf_rgb sr_tid1500 sr_tid1500_verified`.split(
        /\s+/,
      );
    for (const name of names) expect(errorsOf(problems(name)), name).toEqual([]);
  });

  it('have one error in segmentations, whose creator attribute (type 2) is absent', () => {
    for (const name of ['seg_binary', 'seg_fractional', 'seg_labelmap']) {
      expect(errorsOf(problems(name)).map((problem) => problem.where)).toEqual(['ContentCreatorName']);
    }
  });

  it('have errors where they are meant to', () => {
    expect(errorsOf(problems('pt_denoised_secondary_0')).map((problem) => problem.where)).toEqual([
      'ImageType',
    ]);
    expect(errorsOf(problems('seed_sr_skeleton')).length).toBeGreaterThan(10);
  });
});
