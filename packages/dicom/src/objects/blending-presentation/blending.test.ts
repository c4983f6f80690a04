import { describeWithPeers } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { UID } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { uidFrom } from '../../uid/index.ts';
import { errorsOf, validate } from '../../validate/index.ts';
import {
  dciodvfyErrors,
  encode,
  pydicomReads,
  temporaryFolder,
  testContext,
  testGrid,
  testSource,
} from '../test-kit.ts';
import { buildBlendingPresentation } from './index.ts';
import { srgbProfile } from './srgb-profile.ts';

function input(withRegistration = true) {
  const ct = testSource('CT', testGrid('axial'));
  const pet = testSource('PT', testGrid('axial', [5, 3, 4]));
  return {
    context: testContext(ct.header, 'fusion'),
    underlying: {
      images: ct.slices.map(({ reference }) => reference),
      header: ct.header,
      window: { centre: 40, width: 400 },
    },
    superimposed: {
      images: pet.slices.map(({ reference }) => reference),
      header: pet.header,
      window: { centre: 5000, width: 10000 },
    },
    opacity: 0.5,
    palette: Uint8Array.from({ length: 768 }, (_, n) => Math.floor(n / 3)),
    ...(withRegistration
      ? {
          registration: {
            studyInstanceUid: ct.header.text('StudyInstanceUID')!,
            seriesInstanceUid: uidFrom('registration series'),
            sopClassUid: UID.SpatialRegistrationStorage,
            sopInstanceUid: uidFrom('registration'),
          },
        }
      : {}),
  };
}

describeWithPeers('a blending presentation state, as other software sees it', ['dciodvfy', 'pydicom'], () => {
  const folder = temporaryFolder();
  it('has no error in dciodvfy, with a registration and without', () => {
    const files = [true, false].map((registered) => {
      const object = buildBlendingPresentation(input(registered));
      expect(errorsOf(validate(object))).toEqual([]);
      const file = folder.write(`fusion-${registered}.dcm`, encode(object));
      expect(dciodvfyErrors(file)).toEqual([]);
      return file;
    });
    expect(pydicomReads(...files)).toHaveLength(2);
  });
});

describe('a blending presentation state', () => {
  it('names which series lies over which, with window, opacity, colours and registration', () => {
    const one = input();
    const { dataset } = parsePart10(encode(buildBlendingPresentation(one)));
    const [above, below] = dataset.items('BlendingSequence');
    expect(above?.text('BlendingPosition')).toBe('SUPERIMPOSED');
    expect(below?.text('BlendingPosition')).toBe('UNDERLYING');
    const images = above?.item('ReferencedSeriesSequence')?.items('ReferencedImageSequence');
    expect(images?.map((image) => image.text('ReferencedSOPInstanceUID'))).toEqual(
      one.superimposed.images.map(({ sopInstanceUid }) => sopInstanceUid),
    );
    expect(below?.item('SoftcopyVOILUTSequence')?.number('WindowCenter')).toBe(40);
    expect(dataset.number('RelativeOpacity')).toBe(0.5);
    expect(dataset.bytes('RedPaletteColorLookupTableData')?.slice(2, 6)).toEqual(
      Uint8Array.from([1, 1, 2, 2]),
    );
    const registration = dataset
      .item('ReferencedSpatialRegistrationSequence')
      ?.item('ReferencedSeriesSequence');
    expect(registration?.text('SeriesInstanceUID')).toBe(one.registration?.seriesInstanceUid);
  });

  it('refuses a palette that is none, and images that are not there', () => {
    expect(() => buildBlendingPresentation({ ...input(), palette: new Uint8Array(12) })).toThrow(
      /256 colours/,
    );
    const empty = { ...input().underlying, images: [] };
    expect(() => buildBlendingPresentation({ ...input(), underlying: empty })).toThrow(/two series/);
  });

  it('carries a profile whose table fits its length', () => {
    const profile = srgbProfile();
    const view = new DataView(profile.buffer);
    expect(view.getUint32(0)).toBe(profile.length);
    for (let n = 0; n < view.getUint32(128); n++) {
      expect(view.getUint32(132 + 12 * n + 4) + view.getUint32(132 + 12 * n + 8)).toBeLessThanOrEqual(
        profile.length,
      );
    }
  });
});
