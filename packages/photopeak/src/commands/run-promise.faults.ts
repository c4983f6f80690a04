import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  photopeak as codes,
  errorsOf,
  parsePart10,
  readMeasurementReport,
  sameCode,
  validate,
} from '@photopeak/dicom';
import { writePetctStudy } from '@photopeak/phantom';
import { type PetctSummary, petctSummary } from '@photopeak/pipelines';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

/** Fine enough that salivary glands are told apart. */
const GRIDS = {
  ct: { size: [128, 128, 128], spacingMm: [3.9, 3.9, 7.4] },
  pet: { size: [100, 100, 158], spacingMm: [5, 5, 6] },
} as const;

let folder: string;
let out: string;
let summary: PetctSummary;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'photopeak-promise-'));
  const lesions = [
    { kind: 'lung', radiusMm: 12, suv: 12 },
    { kind: 'bone', radiusMm: 12, suv: 20 },
  ] as const;
  await writePetctStudy({
    folder,
    phantom: { seed: 4101, style: 'siemens', tracer: 'psma-11', lesions, grids: GRIDS },
    extras: [],
  });
  out = path.join(folder, 'out');
  const { code, stderr } = await photopeak('run', path.join(folder, 'dicom'), '--out', out);
  expect([0, 3], stderr).toContain(code);
  summary = petctSummary.parse(JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a PET/CT with a PSMA ligand', () => {
  it('gets a draft of PROMISE whose scores follow from the references that it names', () => {
    const { references, lesions, miTnm } = summary.promise!;
    expect(lesions.map(({ id }) => id)).toEqual(summary.lesions.map(({ id }) => id));
    const { bloodPool, liver, parotid } = references;
    // 68Ga-PSMA-11 in the phantom: blood below liver below the salivary glands, as in people.
    expect(bloodPool!).toBeLessThan(liver!);
    expect(liver!).toBeLessThan(parotid!);
    for (const { id, score } of lesions) {
      const { suvMean } = summary.lesions.find((lesion) => lesion.id === id)!;
      const levels = [bloodPool!, liver!, parotid!].filter((level) => suvMean >= level).length;
      expect(score, id).toBe(String(levels));
    }
    expect(miTnm.m).toMatch(/miM1b/);
    expect(miTnm.m).toMatch(/miM1c \(lung\)/);
  });

  it('has it in the measurement report and for people', () => {
    const { dataset } = parsePart10(readFileSync(path.join(out, 'measurements-sr.dcm')));
    expect(errorsOf(validate(dataset))).toEqual([]);
    const group = readMeasurementReport(dataset).groups.find(({ trackingId }) =>
      /PROMISE/.test(trackingId ?? ''),
    );
    const said = (group!.evaluations ?? []).filter(({ name }) => sameCode(name, codes.miPsmaScore));
    expect(said).toHaveLength(summary.lesions.length);
    expect(readFileSync(path.join(out, 'report.html'), 'utf8')).toContain('PROMISE');
  });
});

describeWithPeers('a draft of PROMISE, as other software sees it', ['dciodvfy', 'dsrdump'], () => {
  it('has no errors and can be read', () => {
    const file = path.join(out, 'measurements-sr.dcm');
    const errors = runPeer('dciodvfy', [file]).output.split('\n');
    expect(errors.filter((line) => line.startsWith('Error'))).toEqual([]);
    const { output } = runPeer('dsrdump', ['+Pl', file]);
    expect(output).toContain('miPSMA expression score');
    expect(output).toContain('miM1b');
  });
});
