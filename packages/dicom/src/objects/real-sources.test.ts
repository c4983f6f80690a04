import { dataFile, describeWithData, describeWithPeers } from '@photopeak/testing';
import { expect, it } from 'vitest';
import { dcm, loinc, sct } from '../codes/index.ts';
import type { Dataset } from '../data/index.ts';
import { groupSeries, loadSeriesVolume, type SeriesVolume, scanFolder } from '../series/index.ts';
import { errorsOf, validate } from '../validate/index.ts';
import {
  buildDerivedSeries,
  buildKeyObject,
  buildMeasurementReport,
  buildSecondaryCapture,
  buildSegmentation,
  buildSpatialRegistration,
  encodeObject,
  multiFrameSource,
  sourceImages,
} from './index.ts';
import { dciodvfyErrors, temporaryFolder, testContext } from './test-kit.ts';

/** One object of each kind on a series as scanners and archives deliver it. */
function objectsOn({ volume, slices }: SeriesVolume): Readonly<Record<string, Dataset>> {
  const headers = slices.map((slice) => slice.dataset);
  const [header] = headers as [Dataset];
  const frames = slices.map((slice) => slice.frameNumber);
  const isMultiFrame = slices.length > 1 && new Set(slices.map((slice) => slice.sopInstanceUid)).size === 1;
  const source = isMultiFrame ? multiFrameSource(volume, header, frames) : sourceImages(volume, headers);
  const images = source.slices.map((slice) => slice.reference);
  const data = Uint8Array.from({ length: volume.data.length }, (_, at) => (at % 97 === 0 ? 1 : 0));
  const context = (name: string) => testContext(header, name);
  return {
    segmentation: buildSegmentation({
      context: context('segmentation'),
      source,
      segments: [{ label: 'Part', type: sct.liver, algorithmType: 'MANUAL' }],
      pixels: { kind: 'masks', masks: [{ ...volume, data, unit: '1' }] },
    }),
    derived: buildDerivedSeries({
      context: context('derived'),
      source: { grid: volume, headers: isMultiFrame ? [header] : headers, frames },
      volume,
      derivations: [dcm.smoothing],
      derivationDescription: 'test',
    })[0]!,
    capture: buildSecondaryCapture({
      context: context('capture'),
      pictures: [{ columns: 2, rows: 2, rgb: new Uint8Array(12) }],
      sources: images.slice(0, 2),
    }),
    keyImages: buildKeyObject({
      context: context('key'),
      title: dcm.ofInterest,
      references: images.slice(0, 2),
    }),
    registration: buildSpatialRegistration({
      context: context('registration'),
      fixed: { frameOfReferenceUid: source.header.text('FrameOfReferenceUID')!, images: images.slice(0, 2) },
      moving: [
        {
          frameOfReferenceUid: '1.2.3',
          images: [],
          movingToFixed: [1, 0, 0, 5, 0, 1, 0, 4, 0, 0, 1, 3, 0, 0, 0, 1],
        },
      ],
    }),
    report: buildMeasurementReport({
      context: context('report'),
      observers: [{ kind: 'device', uid: '1.2.3' }],
      proceduresReported: [loinc.petWholeBody],
      imageLibrary: images,
      groups: [],
    }),
  };
}

/** Identifiers that we take over as they are; StudyID of the IBSI set is longer than the standard allows. */
const takenOver = /<\/StudyID\(0020,0010\)/;

describeWithData('on series of real scanners', () => {
  describeWithPeers('every object', ['dciodvfy'], () => {
    const folder = temporaryFolder();
    for (const parts of [
      ['petct_ge_acrin042', 'PT_61081015'],
      ['petct_ge_acrin042', 'CT_94858561'],
      ['mr_siemens_prostatex0000'],
      ['ct_ge_crlm1004_jpegls', 'image'],
      ['spect_lu177_scan001_jpegls', 'image'],
      ['ibsi_sts_petctmr', 'dicom', 'STS_001', 'PET', 'image'],
      ['ibsi_sts_petctmr', 'dicom', 'STS_001', 'MR_T1', 'image'],
    ]) {
      it(`is free of errors, whatever the source lacks: ${parts.join('/')}`, async () => {
        const { instances } = await scanFolder(dataFile(...parts));
        const [series] = groupSeries(instances);
        const loaded = await loadSeriesVolume(series!);
        for (const [name, object] of Object.entries(objectsOn(loaded))) {
          expect(errorsOf(validate(object)), name).toEqual([]);
          const file = folder.write('object.dcm', encodeObject(object));
          expect(
            dciodvfyErrors(file).filter((line) => !takenOver.test(line)),
            name,
          ).toEqual([]);
        }
      });
    }
  });
});
