import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dataFile, describeWithData } from '@photopeak/testing';
import { expect, it } from 'vitest';
import { readFilePart10 } from '../read/index.ts';
import { groupSeries, petAcquisition, scanFolder } from '../series/index.ts';
import { createPseudonyms, deidentifyPart10, suvOptions } from './index.ts';

const SLICES = 6;

describeWithData('SUV of a real study', () => {
  it('is what it was: nothing that the SUV engine reads changes but the day', async () => {
    const { instances } = await scanFolder(dataFile('petct_ge_acrin042', 'PT_61081015'));
    const few = instances.slice(0, SLICES);
    const folder = await mkdtemp(path.join(tmpdir(), 'photopeak-deid-'));
    try {
      const context = { pseudonyms: createPseudonyms('a secret key of this test') };
      for (const [index, { path: file }] of few.entries()) {
        const { bytes } = await deidentifyPart10(readFilePart10(file), { options: suvOptions }, context);
        await writeFile(path.join(folder, `${index}.dcm`), bytes);
      }
      const before = petAcquisition(groupSeries(few)[0]!);
      const after = petAcquisition(groupSeries((await scanFolder(folder)).instances)[0]!);
      const shift = Date.parse(`${after.seriesDateTime}Z`) - Date.parse(`${before.seriesDateTime}Z`);
      expect(Math.abs(shift % 86_400_000)).toBe(0);
      expect(shift).toBeLessThan(0);
      const moved = (text: string | null) =>
        text === null ? null : new Date(Date.parse(`${text}Z`) + shift).toISOString().slice(0, 19);
      const comparable = (pet: typeof before, move: (text: string | null) => string | null) => ({
        ...pet,
        seriesDateTime: move(pet.seriesDateTime),
        injectionDateTime: move(pet.injectionDateTime),
        gePrivateScanDateTime: move(pet.gePrivateScanDateTime),
        slices: pet.slices.map(({ sopInstanceUid: _, ...slice }) => ({
          ...slice,
          acquisitionDateTime: move(slice.acquisitionDateTime),
        })),
      });
      const still = (text: string | null) => text?.slice(0, 19) ?? null;
      expect(comparable(after, still)).toEqual(comparable(before, moved));
      expect(before.patientWeightKg).toBe(91);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
