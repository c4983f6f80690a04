import { readFileSync } from 'node:fs';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { dcm, photopeak, sct, ucum } from '../codes/index.ts';
import type { Dataset } from '../data/index.ts';
import { parsePart10 } from '../read/index.ts';
import { errorsOf, validate } from '../validate/index.ts';
import { buildContentAssessment, readContentAssessment } from './content-assessment/index.ts';
import { encodeObject } from './encode.ts';
import { buildKeyObject } from './key-object/index.ts';
import {
  buildRealWorldValueMapping,
  isSuvMapping,
  readRealWorldValueMapping,
  suvQuantities,
} from './real-world-value-mapping/index.ts';
import { buildSecondaryCapture, type RgbPicture } from './secondary-capture/index.ts';
import {
  dciodvfyErrors,
  encode,
  orientationNames,
  pydicomReads,
  temporaryFolder,
  testContext,
  testGrid,
  testSource,
} from './test-kit.ts';

const picture = (columns: number, rows: number, first = 0): RgbPicture => ({
  columns,
  rows,
  rgb: Uint8Array.from({ length: columns * rows * 3 }, (_, at) => (first + at) % 256),
});

/** The objects that lie on a series without having pixels of their own geometry. */
function objectsFor(
  orientation: (typeof orientationNames)[number],
  part?: string,
): Readonly<Record<string, Dataset>> {
  const source = testSource('PT', testGrid(orientation));
  if (part !== undefined) source.header.set('BodyPartExamined', part === '' ? null : part);
  const images = source.slices.map((slice) => slice.reference);
  const context = (name: string) => testContext(source.header, `${name} ${orientation}`);
  return {
    picture: buildSecondaryCapture({
      context: context('picture'),
      pictures: [picture(5, 3)],
      sources: images,
    }),
    pages: buildSecondaryCapture({
      context: context('pages'),
      pictures: [0, 7].map((at) => picture(5, 3, at)),
    }),
    film: buildSecondaryCapture({
      context: context('film'),
      pictures: [0, 7, 9].map((at) => picture(4, 6, at)),
      frameTimeMs: 100,
      derivations: [dcm.maximumIntensityProjection],
      derivationDescription: 'MIP turned about the long axis',
    }),
    keyImages: buildKeyObject({
      context: context('key images'),
      title: dcm.ofInterest,
      description: 'Slices through each lesion',
      references: images.slice(0, 2),
    }),
    rejection: buildKeyObject({
      context: context('rejection'),
      title: dcm.rejectedForQuality,
      references: [{ ...images[0]!, sopClassUid: '1.2.840.10008.5.1.4.1.1.88.34' }],
    }),
    assessment: buildContentAssessment({
      context: context('assessment'),
      label: 'Quality control of the enhanced series',
      type: photopeak.imageQuality,
      assessed: [
        { instance: images[0]!, comparison: [images[2]!] },
        { instance: images[1]!, comparison: [images[3]!] },
      ],
      summary: 'INCONCLUSIVE',
      summaryDescription: 'edges are flatter than those of the original',
      observations: [
        {
          significance: 'MODERATE',
          basis: photopeak.imageDifference,
          description: 'edges 0.8 times as steep',
        },
        { significance: 'MINOR', basis: photopeak.imageNoise, description: 'noise halved' },
      ],
    }),
    valueMapping: buildRealWorldValueMapping({
      context: context('suv'),
      groups: images.map((image, k) => ({
        images: [image],
        signed: true,
        bitsStored: 16,
        mappings: [
          {
            slope: 0.00042111007 * (1 + k / 10),
            unit: ucum.suvBw,
            ...suvQuantities[ucum.suvBw.value]!,
            label: 'SUVbw',
          },
        ],
      })),
    }),
  };
}

/** dciodvfy has no tables of this IOD: it checks the attributes alone. */
const knownErrors = (name: string) => (name === 'assessment' ? ['Error - Information Object Not found'] : []);

describeWithPeers(
  'captures, key objects and value mappings, as other software sees them',
  ['dciodvfy', 'dsrdump', 'pydicom'],
  () => {
    const folder = temporaryFolder();
    for (const orientation of orientationNames) {
      it(`have no error in dciodvfy: ${orientation}`, () => {
        const files = Object.entries(objectsFor(orientation)).map(([name, object]) => {
          const file = folder.write(`${name}-${orientation}.dcm`, encodeObject(object));
          expect(dciodvfyErrors(file), name).toEqual(knownErrors(name));
          return file;
        });
        expect(pydicomReads(...files)).toHaveLength(files.length);
      });
    }

    it('have no error for sources without a body part, or with a paired or unknown one', () => {
      for (const part of ['', 'KIDNEY', 'WHOLE BODY']) {
        for (const [name, object] of Object.entries(objectsFor('axial', part))) {
          const file = folder.write(`part-${name}.dcm`, encode(object));
          expect(dciodvfyErrors(file), `${name} ${part}`).toEqual(knownErrors(name));
        }
      }
    });

    it('are documents that dsrdump prints', () => {
      for (const name of ['keyImages', 'rejection']) {
        const file = folder.write(`${name}.dcm`, encode(objectsFor('axial')[name]!));
        const { status, output } = runPeer('dsrdump', [file]);
        expect(status, output).toBe(0);
        expect(output).not.toMatch(/^[EF]: /m);
      }
    });
  },
);

describe('an assessment', () => {
  it('is read as it was built, and is what the tables of the standard ask for', () => {
    const { assessment } = objectsFor('axial');
    const { dataset } = parsePart10(encode(assessment!));
    expect(errorsOf(validate(dataset))).toEqual([]);
    const images = testSource('PT', testGrid('axial')).slices.map(
      ({ reference }) => reference.sopInstanceUid,
    );
    expect(readContentAssessment(dataset)).toMatchObject({
      label: 'Quality control of the enhanced series',
      type: photopeak.imageQuality,
      summary: 'INCONCLUSIVE',
      assessed: images.slice(0, 2),
      comparison: images.slice(2, 4),
      observations: [
        {
          significance: 'MODERATE',
          basis: photopeak.imageDifference,
          description: 'edges 0.8 times as steep',
        },
        { significance: 'MINOR', basis: photopeak.imageNoise, description: 'noise halved' },
      ],
    });
  });

  it('of nothing is refused, and other objects are not read as one', () => {
    const { picture: other } = objectsFor('axial');
    expect(() => readContentAssessment(other!)).toThrow(
      expect.objectContaining({ code: 'OBJECT_KIND_UNEXPECTED' }),
    );
    const input = { label: 'x', type: photopeak.imageQuality, summary: 'PASSED', observations: [] } as const;
    const { header } = testSource('PT', testGrid('axial'));
    expect(() =>
      buildContentAssessment({ ...input, context: testContext(header, 'x'), assessed: [] }),
    ).toThrow(expect.objectContaining({ code: 'OBJECT_INPUT_INVALID' }));
  });
});

describe('a secondary capture', () => {
  it('holds the pixels it was given', () => {
    const { picture: one, film } = objectsFor('axial');
    const read = parsePart10(encode(one!)).dataset;
    expect(read.bytes('PixelData')!.subarray(0, 45)).toEqual(picture(5, 3).rgb);
    expect(film!.number('NumberOfFrames')).toBe(3);
    expect(film!.text('SOPClassUID')).toBe('1.2.840.10008.5.1.4.1.1.7.4');
  });

  it('refuses pictures of different sizes and of the wrong length', () => {
    const { header } = testSource('PT', testGrid('axial'));
    const build = (pictures: readonly RgbPicture[]) =>
      buildSecondaryCapture({ context: testContext(header, 'x'), pictures });
    expect(() => build([picture(5, 3), picture(3, 5)])).toThrow(/size/);
    expect(() => build([{ ...picture(5, 3), columns: 6 }])).toThrow(/size/);
    expect(() => build([])).toThrow(/at least one/);
  });
});

describe('a key object selection', () => {
  it('refuses to select nothing', () => {
    const { header } = testSource('PT', testGrid('axial'));
    const context = testContext(header, 'nothing');
    expect(() => buildKeyObject({ context, title: dcm.ofInterest, references: [] })).toThrow(/at least one/);
  });
});

describe('a value mapping', () => {
  it('reads back with unit, quantity, method and range', () => {
    const mapping = readRealWorldValueMapping(parsePart10(encode(objectsFor('axial').valueMapping!)).dataset);
    expect(mapping.mappings).toHaveLength(7);
    expect(mapping.mappings[0]).toMatchObject({
      ucum: 'g/ml{SUVbw}',
      quantity: dcm.suvBw,
      method: dcm.suvBwMethod,
      slope: 0.00042111007,
      intercept: 0,
      firstValue: -32768,
      lastValue: 32767,
    });
    expect(isSuvMapping(mapping.mappings[0]!)).toBe(true);
  });

  it('refuses a slope of zero', () => {
    const source = testSource('PT', testGrid('axial'));
    const mappings = [{ slope: 0, unit: ucum.none, quantity: sct.quantity, label: 'X' }];
    const groups = [
      { images: source.slices.map((slice) => slice.reference), signed: false, bitsStored: 12, mappings },
    ];
    expect(() => buildRealWorldValueMapping({ context: testContext(source.header, 'x'), groups })).toThrow(
      /slope/,
    );
  });
});

describe('any object', () => {
  it('does not leave with a problem', () => {
    const { keyImages } = objectsFor('axial');
    keyImages!.delete('StudyInstanceUID');
    expect(() => encodeObject(keyImages!)).toThrow(
      expect.objectContaining({ code: 'OBJECT_NOT_CONFORMANT' }),
    );
  });

  it('is the same to the byte for the same input', () => {
    const bytes = () => Object.values(objectsFor('oblique')).map(encode);
    expect(bytes()).toEqual(bytes());
  });

  it('passes its own checks', () => {
    for (const object of Object.values(objectsFor('oblique'))) expect(errorsOf(validate(object))).toEqual([]);
  });
});

describeWithData('value mappings of other writers', () => {
  const read = (...parts: string[]) =>
    readRealWorldValueMapping(parsePart10(readFileSync(dataFile(...parts))).dataset);

  it('are read: of the real PET, the one that is wrong by 1000 included', () => {
    const slopes = [
      ['RWV_0_318261', '0001_318262.dcm'],
      ['RWV_4_833547', '0001_833548.dcm'],
      ['RWV_9_829512', '0001_829513.dcm'],
    ].map(([folder, file]) => {
      const { mappings } = read('petct_ge_acrin042', folder!, file!);
      return mappings.find((mapping) => mapping.ucum === 'g/ml{SUVbw}')?.slope;
    });
    const [first, second, third] = slopes.map((slope) => slope! / 0.00042111007);
    expect([first, third].map((ratio) => Math.round(ratio! * 1e4) / 1e4)).toEqual([1, 1]);
    expect([1000, 0.001].some((wrong) => Math.abs(second! / wrong - 1) < 1e-3)).toBe(true);
  });

  it('are read: golden, dcmqi and Iowa', () => {
    const files = [
      ['golden', 'rwvm_suv.dcm'],
      ['objects_foreign', 'dcmqi_sr_qinhn0003', 'rwvm.dcm'],
      [
        'objects_foreign',
        'iowa2dicom_qinhn0062',
        'RWVM',
        '1.2.276.0.7230010.3.1.4.0.45114.1422568329.837230.dcm',
      ],
    ];
    for (const parts of files) {
      const { mappings } = read(...parts);
      expect(
        mappings.some((mapping) => mapping.ucum === 'g/ml{SUVbw}' && isSuvMapping(mapping)),
        parts[1],
      ).toBe(true);
    }
  });
});
