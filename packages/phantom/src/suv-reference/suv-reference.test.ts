import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePart10, writePart10 } from '@photopeak/dicom';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import {
  idealWeight,
  leanMass,
  leanMassJames128,
  leanMassJanmahasatian,
  surfaceArea,
} from './body-measures.ts';
import { suvReferenceObjects, suvReferenceScene } from './index.ts';

const objects = suvReferenceObjects();
const find = (name: string) => objects.find((object) => object.name === name)!;

function factors(name: string): readonly number[] {
  const { expected } = find(name);
  if (expected.status !== 'ok') throw new Error(`${name} is refused`);
  return expected.bwPerSlice;
}

describe('reference objects for SUV', () => {
  it('have names of their own and cover every unit and decay correction', () => {
    expect(new Set(objects.map(({ name }) => name)).size).toBe(objects.length);
    const heads = objects.map((object) => object.instances()[0]!);
    const units = new Set(heads.map((head) => head.text('Units')));
    for (const unit of ['BQML', 'CNTS', 'GML', 'CM2ML', 'CPS', 'PROPCPS', 'PROPCNTS', '1CM', undefined]) {
      expect(units.has(unit), String(unit)).toBe(true);
    }
    const corrections = new Set(heads.map((head) => head.text('DecayCorrection')));
    expect(corrections).toEqual(new Set(['START', 'ADMIN', 'NONE', undefined]));
    const types = new Set(heads.map((head) => head.text('SUVType')));
    for (const type of ['BW', 'LBM', 'LBMJAMES128', 'LBMJANMA', 'IBW', 'BSA'])
      expect(types.has(type)).toBe(true);
  });

  it('hold 4.00, 1.00 and 0.20 once the expected factor is applied', () => {
    for (const object of objects) {
      if (object.expected.status !== 'ok') continue;
      const { bwPerSlice } = object.expected;
      object.instances().forEach((instance, slice) => {
        const { dataset } = parsePart10(writePart10({ dataset: instance }));
        const stored = new Int16Array(dataset.bytes('PixelData')!.slice().buffer);
        const truth = suvReferenceScene.slice(slice);
        const scale = dataset.number('RescaleSlope')! * bwPerSlice[slice]!;
        const worst = stored.reduce(
          (most, value, n) => Math.max(most, Math.abs(value * scale - truth[n]!)),
          0,
        );
        expect(worst, object.name).toBeLessThan(0.002);
      });
    }
  });

  it('agree with worked examples', () => {
    const man = { weightKg: 75, heightM: 1.85, sex: 'M' } as const;
    expect(leanMass(man)).toBeCloseTo(62.7776, 4);
    expect(leanMassJames128(man)).toBeCloseTo(61.4627, 4);
    expect(leanMassJanmahasatian(man)).toBeCloseTo(60.9153, 4);
    expect(surfaceArea(man)).toBeCloseTo(1.98138, 5);
    expect(idealWeight(man)).toBeCloseTo(82.98, 6);
    const woman = { weightKg: 60, heightM: 1.65, sex: 'F' } as const;
    expect(leanMass(woman)).toBeCloseTo(44.6298, 4);
    expect(leanMassJanmahasatian(woman)).toBeCloseTo(39.2868, 4);
    // 75 kg, 350 MBq, 62 minutes of F-18
    expect(factors('bqml-admin')[0]).toBeCloseTo(75000 / 350e6, 12);
    expect(factors('bqml-start')[0]! / factors('bqml-admin')[0]!).toBeCloseTo(2 ** (3720 / 6586.2), 9);
    expect(factors('gml-bw')[0]).toBeCloseTo(1, 12);
    expect(factors('gml-lbm')[0]).toBeCloseTo(75 / 62.7776, 5);
    expect(factors('cm2ml-bsa')[0]).toBeCloseTo(75000 / 19813.8, 4);
  });

  it('differ per slice only where the frames do', () => {
    expect(new Set(factors('bqml-none-two-beds')).size).toBe(2);
    expect(new Set(factors('bqml-start-two-beds')).size).toBe(1);
    const slopes = (name: string) =>
      new Set(
        find(name)
          .instances()
          .map((i) => i.text('RescaleSlope')),
      );
    expect(slopes('bqml-slope-per-slice').size).toBeGreaterThan(5);
  });
});

describeWithPeers('a conformance checker', ['dciodvfy'], () => {
  it('finds no error in what is not a defect on purpose', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'photopeak-suv-'));
    try {
      for (const { name, conformant, instances } of objects) {
        if (!conformant) continue;
        const file = path.join(folder, `${name}.dcm`);
        writeFileSync(file, writePart10({ dataset: instances()[4]! }));
        const { output } = runPeer('dciodvfy', [file]);
        expect(output.match(/^Error.*$/gm) ?? [], name).toEqual([]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
