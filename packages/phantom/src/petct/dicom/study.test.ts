import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Dataset, parsePart10, writePart10 } from '@photopeak/dicom';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PetctPhantom, petctPhantom } from '../phantom.ts';
import type { ScannerStyle } from '../scanners.ts';
import type { PlannedInstance, SeriesRole } from './instance.ts';
import { petctInstances, type WrittenStudy, writePetctStudy } from './write-study.ts';

const grids = {
  ct: { size: [64, 64, 33], spacingMm: [7.8125, 7.8125, 30] },
  pet: { size: [64, 64, 33], spacingMm: [8, 8, 30] },
} as const;
const styles: readonly ScannerStyle[] = ['ge', 'siemens', 'philips'];

const phantoms = new Map<ScannerStyle, PetctPhantom>();
function phantomOf(style: ScannerStyle): PetctPhantom {
  const known = phantoms.get(style) ?? petctPhantom({ seed: 3, style, grids });
  phantoms.set(style, known);
  return known;
}

function byRole(style: ScannerStyle): Map<SeriesRole, PlannedInstance[]> {
  const roles = new Map<SeriesRole, PlannedInstance[]>();
  for (const instance of petctInstances({ phantom: phantomOf(style) })) {
    roles.set(instance.role, [...(roles.get(instance.role) ?? []), instance]);
  }
  return roles;
}

const seconds = (date: string, time: string) =>
  Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6, 8))) / 1000 +
  Number(time.slice(0, 2)) * 3600 +
  Number(time.slice(2, 4)) * 60 +
  Number(time.slice(4));

/** SUVbw per Bq/ml as a reader of the header computes it. */
function headerFactor(dataset: Dataset): number {
  const isotope = dataset.item('RadiopharmaceuticalInformationSequence')!;
  const series = seconds(dataset.text('SeriesDate')!, dataset.text('SeriesTime')!);
  const given = seconds(dataset.text('SeriesDate')!, isotope.text('RadiopharmaceuticalStartTime')!);
  const left = 2 ** (-(series - given) / isotope.number('RadionuclideHalfLife')!);
  const decay = dataset.text('DecayCorrection') === 'ADMIN' ? 1 : left;
  return (dataset.number('PatientWeight')! * 1000) / (isotope.number('RadionuclideTotalDose')! * decay);
}

describe.each(styles)('a study in the style of %s', (style) => {
  it('has a localizer, CT, corrected and uncorrected PET, and a dose page', () => {
    const roles = byRole(style);
    expect([...roles.keys()].sort()).toEqual(['ct', 'localizer', 'nac', 'pet', 'report']);
    expect(roles.get('ct')).toHaveLength(33);
    expect(roles.get('pet')).toHaveLength(33);
    const all = [...roles.values()].flat();
    expect(new Set(all.map(({ sopInstanceUid }) => sopInstanceUid)).size).toBe(all.length);
    expect(new Set(all.map(({ dataset }) => dataset.text('StudyInstanceUID'))).size).toBe(1);
    expect(new Set(all.map(({ dataset }) => dataset.text('PatientName')))).toEqual(
      new Set(['PHANTOM^PETCT']),
    );
    expect(roles.get('nac')![0]!.dataset.texts('CorrectedImage')).not.toContain('ATTN');
    expect(roles.get('pet')![0]!.dataset.texts('CorrectedImage')).toContain('ATTN');
    expect(roles.get('localizer')![0]!.dataset.texts('ImageType')).toContain('LOCALIZER');
  });

  it('gives back the CT', () => {
    const { ct } = phantomOf(style);
    const [width, height] = ct.size;
    let different = 0;
    for (const { dataset } of byRole(style).get('ct')!.slice(10, 14)) {
      const stored = pixels(dataset);
      const k = Math.round((dataset.numbers('ImagePositionPatient')[2]! - ct.origin[2]) / ct.spacingMm[2]);
      const intercept = dataset.number('RescaleIntercept')!;
      for (let j = 0; j < height; j++) {
        for (let i = 0; i < width; i++) {
          const inside = (i - (width - 1) / 2) ** 2 + (j - (height - 1) / 2) ** 2 < (width / 2 - 1) ** 2;
          const hu = stored[i + j * width]! + intercept;
          if (inside && hu !== ct.data[i + width * (j + height * k)]) different++;
        }
      }
    }
    expect(different).toBe(0);
  });

  it('gives back the PET as SUV, by the header alone', () => {
    const { pet, truth } = phantomOf(style);
    let worst = 0;
    for (const { dataset } of byRole(style).get('pet')!) {
      const k = Math.round((dataset.numbers('ImagePositionPatient')[2]! - pet.origin[2]) / pet.spacingMm[2]);
      const slope = dataset.number('RescaleSlope')!;
      const factor =
        style === 'philips'
          ? dataset.privateNumber(0x7053, 'Philips PET Private Group', 0)!
          : headerFactor(dataset);
      pixels(dataset).forEach((stored, n) => {
        const suv = pet.data[n + k * pet.size[0] * pet.size[1]]! * truth.dose.suvFactor;
        worst = Math.max(worst, Math.abs(stored * slope * factor - suv) / (slope * factor));
      });
      if (style === 'ge') {
        const scan = dataset.privateText(0x0009, 'GEMS_PETD_01', 0x0d)!;
        expect(scan.slice(0, 14)).toBe(
          `${dataset.text('SeriesDate')}${dataset.text('SeriesTime')!.slice(0, 6)}`,
        );
      }
      if (style === 'philips') {
        const activity = dataset.privateNumber(0x7053, 'Philips PET Private Group', 9)!;
        expect(factor / (activity * headerFactor(dataset))).toBeCloseTo(1, 3);
      }
    }
    // half a step of the stored numbers, and what the digits of times and factors leave over
    expect(worst).toBeLessThan(style === 'philips' ? 1 : 30);
  });

  it('is the same bytes when it is made again', () => {
    const digest = () => {
      const hash = createHash('sha256');
      for (const { dataset } of petctInstances({ phantom: phantomOf(style) }))
        hash.update(writePart10({ dataset }));
      return hash.digest('hex');
    };
    expect(digest()).toBe(digest());
  });
});

describe('options of a study', () => {
  it('give another identity to another phantom, and to the same one at another time', () => {
    const studyUid = (options: Parameters<typeof petctInstances>[0]) =>
      petctInstances(options).next().value?.dataset.text('StudyInstanceUID');
    const phantom = phantomOf('ge');
    const uids = [
      studyUid({ phantom }),
      studyUid({ phantom, startedAt: '20260102080000' }),
      studyUid({ phantom: phantomOf('siemens') }),
      studyUid({ phantom: petctPhantom({ seed: 3, grids, lesions: 1 }) }),
    ];
    expect(new Set(uids).size).toBe(4);
  });

  it('correct to the administration on request', () => {
    const phantom = phantomOf('siemens');
    const of = (decayCorrection: 'START' | 'ADMIN') =>
      [...petctInstances({ phantom, extras: [], decayCorrection })].find(
        ({ role, number }) => role === 'pet' && number === 20,
      )!.dataset;
    const [start, admin] = [of('START'), of('ADMIN')];
    expect(admin.text('DecayCorrection')).toBe('ADMIN');
    const suvMax = (dataset: Dataset) =>
      [...pixels(dataset)].reduce((a, b) => Math.max(a, b)) *
      dataset.number('RescaleSlope')! *
      headerFactor(dataset);
    expect(suvMax(admin) / suvMax(start)).toBeCloseTo(1, 3);
  });

  it('give PET a frame of reference of its own where the patient moved', () => {
    const rigidMismatch = { shiftMm: [10, 0, 0], rotationDegrees: [0, 0, 0] } as const;
    const frames = new Map(
      [...petctInstances({ phantom: petctPhantom({ seed: 3, grids, rigidMismatch }) })].map(
        ({ role, dataset }) => [role, dataset.text('FrameOfReferenceUID')],
      ),
    );
    expect(frames.get('pet')).not.toBe(frames.get('ct'));
    expect(frames.get('nac')).toBe(frames.get('pet'));
    expect(frames.get('localizer')).toBe(frames.get('ct'));
  });
});

describeWithPeers('other programs read the study', ['dciodvfy', 'pydicom'], () => {
  let root = '';
  const written = new Map<ScannerStyle, WrittenStudy>();
  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'photopeak-phantom-'));
    for (const style of styles) {
      const folder = path.join(root, style);
      written.set(style, await writePetctStudy({ folder, phantom: phantomOf(style), masks: true }));
    }
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it.each(styles)('dciodvfy finds no error, %s', (style) => {
    for (const { folder, role, instances } of written.get(style)!.series) {
      const files = readdirSync(folder).sort();
      expect(files).toHaveLength(instances);
      const file = path.join(folder, files[Math.floor(files.length / 2)]!);
      const { output } = runPeer('dciodvfy', [file]);
      expect(output.match(/^Error.*$/gm) ?? [], role).toEqual([]);
    }
  });

  it.each(styles)('pydicom reads the volumes, %s', (style) => {
    const { pet, ct } = phantomOf(style);
    const script = `
import json, sys, glob, pydicom, numpy as np
out = {}
for role in ('ct', 'pet', 'nac'):
    ds = sorted((pydicom.dcmread(f) for f in glob.glob(sys.argv[1] + '/' + role + '/*.dcm')), key=lambda d: float(d.ImagePositionPatient[2]))
    a = np.stack([d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept) for d in ds])
    out[role] = [float(a[:, 32, 20:44].mean()), float(a.max())]
report = pydicom.dcmread(glob.glob(sys.argv[1] + '/report/*.dcm')[0])
out['report'] = int((report.pixel_array > 0).sum())
print(json.dumps(out))`;
    const { status, output } = runPeer('python3', ['-c', script, written.get(style)!.dicomFolder]);
    expect(status, output).toBe(0);
    const read = JSON.parse(output) as Record<'ct' | 'pet' | 'nac', [number, number]> & { report: number };
    const scale = style === 'philips' ? 1 / 1.583714 : 1;
    expect(read.pet[1] / (pet.data.reduce((a, b) => Math.max(a, b)) * scale)).toBeCloseTo(1, 3);
    expect(read.ct[0]).toBeCloseTo(rowMean(ct), 0);
    expect(read.nac[0]).toBeLessThan(0.5 * read.pet[0]);
    expect(read.report).toBeGreaterThan(500);
  });

  it('the truth beside it is JSON', async () => {
    const truth = JSON.parse(await readFile(written.get('ge')!.truthFile, 'utf8')) as Record<string, unknown>;
    expect(truth.schema).toBe('photopeak-petct-truth/1');
    expect(truth.lesions).toHaveLength(phantomOf('ge').truth.lesions.length);
    expect(readdirSync(path.dirname(written.get('ge')!.truthFile)).sort()).toEqual([
      'lesions-on-pet.nii.gz',
      'tissues-on-ct.nii.gz',
      'truth.json',
    ]);
  });

  function rowMean(volume: PetctPhantom['ct']): number {
    let sum = 0;
    for (let k = 0; k < volume.size[2]; k++) {
      for (let i = 20; i < 44; i++) sum += volume.data[i + volume.size[0] * (32 + volume.size[1] * k)]!;
    }
    return sum / (24 * volume.size[2]);
  }
});

/** Stored values, as a reader sees them after a round through the file. */
function pixels(dataset: Dataset): Int16Array | Uint16Array {
  const bytes = parsePart10(writePart10({ dataset })).dataset.bytes('PixelData')!;
  const copy = bytes.slice().buffer;
  return dataset.number('PixelRepresentation') === 1 ? new Int16Array(copy) : new Uint16Array(copy);
}
