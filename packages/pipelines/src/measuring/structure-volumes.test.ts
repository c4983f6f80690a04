import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { contoursToMask } from '@photopeak/analysis';
import { parsePart10, readStructureSet } from '@photopeak/dicom';
import type { Grid, Mask, Vec3 } from '@photopeak/imaging';
import { dataFile, describeWithData } from '@photopeak/testing';
import { expect, it } from 'vitest';

const count = (mask: Mask) => mask.data.reduce((sum, value) => sum + value, 0);

describeWithData('the volumes of structures of other writers', () => {
  const read = (...parts: string[]) =>
    readStructureSet(parsePart10(readFileSync(dataFile(...parts))).dataset);

  it('are plausible: the heart of a set that dicompyler reads', () => {
    const set = read('objects_foreign', 'rt_dicompyler', 'example_data', 'rtss.dcm');
    const heart = set.rois.find((roi) => roi.name === 'Heart')!;
    const grid: Grid = {
      size: [200, 200, 40],
      spacingMm: [2, 2, 3],
      origin: [-150, -400, -115.44],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    };
    const millilitres = (count(contoursToMask(heart.contours, grid)) * 12) / 1000;
    expect(millilitres).toBeGreaterThan(300);
    expect(millilitres).toBeLessThan(1000);
  });

  it('agree: MIM, the same tumour on PET, CT and MR', () => {
    for (const patient of ['STS_001', 'STS_002', 'STS_003']) {
      const volumes = ['PET', 'CT', 'MR_T1'].map((modality) => {
        const folder = dataFile('ibsi_sts_petctmr', 'dicom', patient, modality);
        const images = globSync(path.join(folder, 'image', '*')).map(
          (file) => parsePart10(readFileSync(file), { stopBeforePixelData: true }).dataset,
        );
        images.sort((a, b) => a.numbers('ImagePositionPatient')[2]! - b.numbers('ImagePositionPatient')[2]!);
        const [first] = images;
        const spacing = first!.numbers('PixelSpacing');
        const positions = images.map((image) => image.numbers('ImagePositionPatient'));
        const step = (positions.at(-1)![2]! - positions[0]![2]!) / (images.length - 1);
        const grid: Grid = {
          size: [first!.number('Columns')!, first!.number('Rows')!, images.length],
          spacingMm: [spacing[1]!, spacing[0]!, step],
          origin: positions[0] as unknown as Vec3,
          direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
        };
        const [roi] = read('ibsi_sts_petctmr', 'dicom', patient, modality, 'mask', 'RS.dcm').rois;
        return (count(contoursToMask(roi!.contours, grid)) * spacing[0]! * spacing[1]! * step) / 1000;
      });
      const [pet, ct, mr] = volumes as [number, number, number];
      expect(pet).toBeGreaterThan(1);
      expect(Math.abs(ct / pet - 1), `${patient} CT ${ct} PET ${pet}`).toBeLessThan(0.05);
      expect(Math.abs(mr / pet - 1), `${patient} MR ${mr} PET ${pet}`).toBeLessThan(0.05);
    }
  });
});
