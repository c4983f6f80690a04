import { readFileSync } from 'node:fs';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { dcm, loinc, photopeak, sct, ucum, umls } from '../../codes/index.ts';
import { UID } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { uidFrom } from '../../uid/index.ts';
import { errorsOf, validate } from '../../validate/index.ts';
import type { InstanceReference } from '../common/index.ts';
import {
  dciodvfyErrors,
  encode,
  pydicomReads,
  temporaryFolder,
  testAlgorithm,
  testContext,
  testGrid,
  testSource,
} from '../test-kit.ts';
import {
  addEvidence,
  buildMeasurementReport,
  type MeasurementReportInput,
  readMeasurementReport,
} from './index.ts';

const source = testSource('PT', testGrid('axial'));
const study = uidFrom('study');
const segmentation: InstanceReference = {
  studyInstanceUid: study,
  seriesInstanceUid: uidFrom('seg series'),
  sopClassUid: UID.SegmentationStorage,
  sopInstanceUid: uidFrom('seg'),
};
const registration: InstanceReference = {
  studyInstanceUid: study,
  seriesInstanceUid: uidFrom('reg series'),
  sopClassUid: UID.SpatialRegistrationStorage,
  sopInstanceUid: uidFrom('reg'),
};
const valueMap: InstanceReference = {
  studyInstanceUid: study,
  seriesInstanceUid: uidFrom('rwv series'),
  sopClassUid: UID.RealWorldValueMappingStorage,
  sopInstanceUid: uidFrom('rwv'),
};
const prior: InstanceReference = {
  studyInstanceUid: uidFrom('prior study'),
  seriesInstanceUid: uidFrom('prior series'),
  sopClassUid: UID.Comprehensive3DSRStorage,
  sopInstanceUid: uidFrom('prior report'),
};

const device = {
  kind: 'device',
  uid: uidFrom('node'),
  name: 'Photopeak',
  manufacturer: 'Photopeak',
  model: 'petct-oncology',
  serialNumber: '1',
} as const;

function input(name: string): MeasurementReportInput {
  return {
    context: testContext(source.header, name),
    observers: [device],
    proceduresReported: [sct.petCtFdgWholeBody],
    imageLibrary: source.slices.map((slice) => slice.reference),
    evidence: [prior],
    preliminary: true,
    groups: [
      {
        kind: 'volumetric',
        trackingId: 'Lesion 1',
        trackingUid: uidFrom('tracking', '1'),
        findingCategory: sct.morphologicallyAbnormalStructure,
        finding: sct.neoplasm,
        sites: [{ site: sct.lung, laterality: sct.right }],
        algorithm: testAlgorithm,
        region: { kind: 'segment', segmentation, segment: 1 },
        source: { seriesInstanceUid: source.slices[0]!.reference.seriesInstanceUid },
        realWorldValueMap: valueMap,
        measurements: [
          { name: dcm.suvBw, value: 12.517384659, unit: ucum.suvBw, derivation: sct.maximum },
          { name: dcm.suvBw, value: 1 / 3, unit: ucum.suvBw, derivation: sct.mean },
          { name: dcm.suvBw, value: 10.1, unit: ucum.suvBw, derivation: dcm.peakValueWithinRoi },
          { name: dcm.metabolicVolume, value: 14.2, unit: ucum.cm3, method: dcm.sumOfSegmentedVoxelVolumes },
          { name: dcm.totalLesionGlycolysis, value: 88, unit: ucum.gram },
          { name: dcm.certaintyOfFinding, value: 92, unit: ucum.percent },
        ],
        evaluations: [{ name: photopeak.readerDecision, value: photopeak.accepted }],
      },
      {
        kind: 'planar',
        trackingId: 'Spot',
        trackingUid: uidFrom('tracking', 'spot'),
        finding: sct.nodule,
        region: {
          kind: 'image',
          image: source.slices[2]!.reference,
          graphicType: 'CIRCLE',
          points: [4.5, 5.5, 6.5, 5.5],
        },
        measurements: [{ name: sct.diameter, value: 4, unit: ucum.mm }],
      },
      {
        kind: 'general',
        trackingId: 'Registration',
        trackingUid: uidFrom('tracking', 'registration'),
        finding: photopeak.registrationQuality,
        measurements: [{ name: photopeak.registrationScore, value: 87, unit: ucum.score }],
        evaluations: [
          { name: dcm.registrationMethod, value: dcm.imageContentBasedAlignment },
          { name: dcm.comment, value: 'Mild respiratory mismatch at the right diaphragm' },
        ],
        references: [{ name: dcm.spatialRegistrationReference, instance: registration }],
      },
    ],
  };
}

describeWithPeers(
  'a measurement report, as other software sees it',
  ['dciodvfy', 'dsrdump', 'pydicom'],
  () => {
    const folder = temporaryFolder();
    const cases: readonly (readonly [string, MeasurementReportInput])[] = [
      ['of the AI', input('report')],
      [
        'signed by a reader',
        {
          ...input('signed'),
          title: dcm.oncologyMeasurementReport,
          observers: [device, { kind: 'person', name: 'Smith^Anna^^Dr', organization: 'General Hospital' }],
          proceduresReported: [loinc.petWholeBody, loinc.ctUnspecified],
          preliminary: false,
          predecessors: [{ ...prior, studyInstanceUid: study }],
          verification: {
            observerName: 'Smith^Anna^^Dr',
            organization: 'General Hospital',
            at: '2026-11-23T12:00:00+01:00',
          },
        },
      ],
      ['without a finding', { ...input('empty'), groups: [] }],
      [
        'of a follow-up',
        {
          ...input('follow-up'),
          groups: input('follow-up').groups.map((group) => ({
            ...group,
            timePoint: {
              timePoint: 'follow-up 1',
              type: dcm.posttreatment,
              order: 2,
              offset: { days: 91, event: umls.baseline },
            },
          })),
        },
      ],
    ];
    for (const [name, report] of cases) {
      it(`is accepted: ${name}`, () => {
        const file = folder.write(`${name}.dcm`, encode(buildMeasurementReport(report)));
        expect(dciodvfyErrors(file)).toEqual([]);
        const dump = runPeer('dsrdump', ['+Pc', '+Pt', file]);
        expect(dump.status, dump.output).toBe(0);
        expect(dump.output).not.toMatch(/^[EF]: /m);
        expect(dump.output).toContain('# TID 1500 (DCMR)');
        expect(pydicomReads(file)[0]).toContain('Müller^Änne');
      });
    }
  },
);

describe('a measurement report', () => {
  it('reads back what was written', () => {
    const report = readMeasurementReport(
      parsePart10(encode(buildMeasurementReport(input('report')))).dataset,
    );
    expect(report.title).toEqual(dcm.petMeasurementReport);
    expect(report.observers).toEqual([device]);
    expect(report.isVerified).toBe(false);
    expect(report.isPreliminary).toBe(true);
    expect(report.groups.map((group) => group.template)).toEqual(['1411', '1410', '1501']);
    const [lesion, spot, quality] = report.groups;
    expect(lesion?.sites).toEqual([{ site: sct.lung, laterality: sct.right }]);
    expect(lesion?.measurements.map((one) => one.value)).toEqual([12.517384659, 1 / 3, 10.1, 14.2, 88, 92]);
    expect(lesion?.regions).toEqual([
      { kind: 'segment', sopInstanceUid: segmentation.sopInstanceUid, segments: [1] },
    ]);
    expect(lesion?.algorithm?.parameters).toEqual(testAlgorithm.parameters);
    expect(lesion?.evaluations).toEqual([{ name: photopeak.readerDecision, value: photopeak.accepted }]);
    expect(spot?.regions[0]).toMatchObject({
      kind: 'image',
      graphicType: 'CIRCLE',
      points: [4.5, 5.5, 6.5, 5.5],
    });
    expect(quality?.measurements[0]).toMatchObject({ name: photopeak.registrationScore, value: 87 });
  });

  it('lists every instance of this study as evidence, and those of others apart', () => {
    const object = buildMeasurementReport(input('report'));
    const current = object.items('CurrentRequestedProcedureEvidenceSequence');
    expect(current).toHaveLength(1);
    const report = readMeasurementReport(object);
    const listed = report.evidence.map((reference) => reference.sopInstanceUid);
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toContain(segmentation.sopInstanceUid);
    expect(listed).toContain(registration.sopInstanceUid);
    expect(listed).toContain(valueMap.sopInstanceUid);
    expect(object.item('PertinentOtherEvidenceSequence')?.text('StudyInstanceUID')).toBe(
      prior.studyInstanceUid,
    );
  });

  it('says in a group who observed it, where that is another than the device', () => {
    const reader = { kind: 'person', name: 'Smith^Anna', organization: 'General Hospital' } as const;
    const [lesion, ...others] = input('observed').groups;
    const groups = [{ ...lesion!, observer: reader }, ...others];
    const object = buildMeasurementReport({ ...input('observed'), groups });
    expect(errorsOf(validate(object))).toEqual([]);
    const report = readMeasurementReport(object);
    expect(report.groups.map(({ observer }) => observer)).toEqual([reader, undefined, undefined]);
    expect(report.groups[0]?.evaluations).toHaveLength(1);
    expect(report.observers).toEqual([device]);
  });

  it('says at which time point a group was measured (TID 1502), and reads it back', () => {
    const timePoint = {
      timePoint: 'follow-up 1',
      type: dcm.posttreatment,
      order: 2,
      subjectIdentifier: study,
      offset: { days: 91, event: umls.baseline },
    };
    const [lesion, ...others] = input('time point').groups;
    const groups = [{ ...lesion!, timePoint }, ...others];
    const object = buildMeasurementReport({ ...input('time point'), groups });
    expect(errorsOf(validate(object))).toEqual([]);
    const [read, plain] = readMeasurementReport(object).groups;
    expect(read?.timePoint).toEqual(timePoint);
    expect(read?.measurements.map(({ value }) => value)).toEqual([12.517384659, 1 / 3, 10.1, 14.2, 88, 92]);
    expect(plain?.timePoint).toBeUndefined();
  });

  it('takes in more evidence, each instance once', () => {
    const object = buildMeasurementReport({ ...input('more'), groups: [] });
    const before = readMeasurementReport(object).evidence.length;
    addEvidence(object, [segmentation, segmentation, prior]);
    addEvidence(object, [segmentation]);
    const listed = readMeasurementReport(object).evidence.map(({ sopInstanceUid }) => sopInstanceUid);
    expect(listed).toHaveLength(before + 1);
    expect(listed).toContain(segmentation.sopInstanceUid);
    expect(object.items('CurrentRequestedProcedureEvidenceSequence')).toHaveLength(1);
  });

  it('declares the private coding scheme only where it is used', () => {
    const withScheme = buildMeasurementReport(input('report'));
    expect(withScheme.item('CodingSchemeIdentificationSequence')?.text('CodingSchemeDesignator')).toBe(
      '99PHOTOPEAK',
    );
    const without = buildMeasurementReport({ ...input('plain'), groups: [] });
    expect(without.has('CodingSchemeIdentificationSequence')).toBe(false);
  });

  it('gives the same bytes for the same input', () => {
    expect(encode(buildMeasurementReport(input('report')))).toEqual(
      encode(buildMeasurementReport(input('report'))),
    );
  });

  it('refuses a measurement without value and without reason', () => {
    const report = input('report');
    const group = { ...report.groups[0]!, measurements: [{ name: dcm.suvBw, unit: ucum.suvBw }] };
    expect(() => buildMeasurementReport({ ...report, groups: [group] })).toThrow(/qualifier/);
  });
});

describeWithData('measurement reports of other writers', () => {
  const read = (...parts: string[]) =>
    readMeasurementReport(parsePart10(readFileSync(dataFile(...parts))).dataset);

  it('are read: dcmqi, with SRT codes and old units', () => {
    const report = read('objects_foreign', 'dcmqi_sr_qinhn0003', 'sr.dcm');
    expect(report.imageLibrary.length).toBeGreaterThan(0);
    expect(report.groups.length).toBeGreaterThan(0);
    const [group] = report.groups;
    expect(group?.regions[0]).toMatchObject({ kind: 'segment' });
    expect(group?.measurements.length).toBeGreaterThan(3);
  });

  it('are read: every structured report of the foreign and golden folders', () => {
    const files = [
      ['objects_foreign', 'iowa2dicom_qinhn0062', 'SR', 'measurements.dcm'],
      ['objects_foreign', 'highdicom', 'test_files', 'sr_document_with_multiple_groups.dcm'],
      ['objects_foreign', 'highdicom', 'test_files', 'sr_document.dcm'],
      ...['arrow', 'circle', 'ellipse', 'protractor', 'rectangle', 'roi', 'ruler'].flatMap((shape) => [
        ['objects_foreign', 'dwv_annotations', 'annotation', 'tid1500-0', `sr-${shape}.dcm`],
        ['objects_foreign', 'dwv_annotations', 'annotation', 'dwv034', `sr-${shape}.dcm`],
      ]),
      ['golden', 'sr_tid1500.dcm'],
      ['golden', 'sr_tid1500_verified.dcm'],
    ];
    const groups = Object.fromEntries(
      files.map((parts) => [parts.slice(-2).join('/'), read(...parts).groups.length]),
    );
    expect(groups).toMatchInlineSnapshot(`
      {
        "SR/measurements.dcm": 4,
        "dwv034/sr-arrow.dcm": 1,
        "dwv034/sr-circle.dcm": 1,
        "dwv034/sr-ellipse.dcm": 1,
        "dwv034/sr-protractor.dcm": 1,
        "dwv034/sr-rectangle.dcm": 1,
        "dwv034/sr-roi.dcm": 1,
        "dwv034/sr-ruler.dcm": 1,
        "golden/sr_tid1500.dcm": 1,
        "golden/sr_tid1500_verified.dcm": 1,
        "test_files/sr_document.dcm": 1,
        "test_files/sr_document_with_multiple_groups.dcm": 4,
        "tid1500-0/sr-arrow.dcm": 3,
        "tid1500-0/sr-circle.dcm": 3,
        "tid1500-0/sr-ellipse.dcm": 3,
        "tid1500-0/sr-protractor.dcm": 3,
        "tid1500-0/sr-rectangle.dcm": 3,
        "tid1500-0/sr-roi.dcm": 3,
        "tid1500-0/sr-ruler.dcm": 3,
      }
    `);
  });

  it('are read: who verified, and what was replaced', () => {
    const report = read('golden', 'sr_tid1500_verified.dcm');
    expect(report.isVerified).toBe(true);
    expect(report.verifications[0]).toMatchObject({
      observerName: 'Smith^Anna^^Dr',
      organization: 'General Hospital',
    });
    expect(report.predecessors).toHaveLength(1);
    expect(report.groups[0]?.measurements.map((one) => one.value)).toEqual([12.5, 10.1, 6.2, 14.2, 88]);
  });
});
