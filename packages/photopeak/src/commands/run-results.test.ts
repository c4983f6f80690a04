import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  dcm,
  parsePart10,
  readMeasurementReport,
  readRegistration,
  readSegmentation,
  sameCode,
  sct,
} from '@photopeak/dicom';
import { readNifti } from '@photopeak/imaging';
import { type PetctSummary, petctSummary } from '@photopeak/pipelines';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { copySeries, filesBelow, writeTinyStudy } from '../testing/tiny-study.ts';

/** Each manufacturer's headers, with the options that its run is made with. */
const STYLES = ['ge', 'philips'] as const;
/** One of them was given another tracer, and its headers say so. */
const TRACERS = { ge: 'fdg', philips: 'psma-11' } as const;
const SET_ASIDE = { fdg: 'brain', 'psma-11': 'kidney' } as const;
const EVERYTHING = ['--nifti', '--resampled-pet'];
const AT = '2026-11-23T10:15:00';

let folder = '';
const results: Record<string, { out: string; summary: PetctSummary; lesion: readonly number[] }> = {};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-results-'));
  for (const style of STYLES) {
    const study = path.join(folder, style);
    const { truthFile } = await writeTinyStudy(
      study,
      style === 'philips' ? { style, tracer: TRACERS[style] } : { style },
    );
    const out = path.join(folder, `out-${style}`);
    const options = style === 'ge' ? [...EVERYTHING, '--threads', '1'] : ['--at', AT];
    const run = await photopeak('run', path.join(study, 'dicom'), '--out', out, ...options);
    expect(run.code, run.stderr).toBe(0);
    const summary = petctSummary.parse(JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8')));
    const truth = JSON.parse(await readFile(truthFile, 'utf8'));
    results[style] = { out, summary, lesion: truth.lesions[0].centerPetMm };
  }
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const result = (style: string) => {
  const found = results[style];
  if (found === undefined) throw new Error(`no run of ${style}`);
  return found;
};
const read = async (style: string, name: string) =>
  parsePart10(await readFile(path.join(result(style).out, name)));

describe('the same input', () => {
  it('gives the same bytes with another number of threads and fewer outputs, damaged files beside it, and results of its own', async () => {
    const input = await copySeries(path.join(folder, 'ge'), ['ct', 'pet', 'nac'], path.join(folder, 'again'));
    for (const role of ['localizer', 'report']) {
      const from = path.join(folder, 'ge', 'dicom', role);
      for (const name of await readdir(from))
        await writeFile(path.join(input, `${role}-${name}`), await readFile(path.join(from, name)));
    }
    const whole = await readFile(path.join(input, (await readdir(input)).find((n) => n.startsWith('ct'))!));
    await writeFile(path.join(input, 'cut.dcm'), whole.subarray(0, whole.length - 512));
    await writeFile(path.join(input, 'notes.txt'), 'not an image');
    const earlier = await readFile(path.join(result('ge').out, 'lesions-seg.dcm'));
    await writeFile(path.join(input, 'earlier-result.dcm'), earlier);
    const out = path.join(folder, 'out-again');
    const run = await photopeak('run', input, '--out', out, '--resampled-pet', '--threads', '2');
    expect(run.code).toBe(3);
    expect(run.stdout).toMatch(/not used: .*cut\.dcm: DICOM_TRUNCATED/);
    const [everything, fewer] = [await filesBelow(result('ge').out), await filesBelow(out)];
    const isAddition = (name: string) => name.startsWith('nifti/');
    expect([...everything.keys()].filter(isAddition).length).toBeGreaterThan(4);
    expect([...fewer.keys()].filter((name) => name.startsWith('resampled-pet/')).length).toBeGreaterThan(5);
    expect([...fewer.keys()]).toEqual([...everything.keys()].filter((name) => !isAddition(name)));
    for (const [name, bytes] of fewer) {
      if (name === 'summary.json') continue;
      expect(Buffer.compare(bytes, everything.get(name) ?? Buffer.alloc(0)), name).toBe(0);
    }
    const { objects, ...summary } = petctSummary.parse(
      JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8')),
    );
    expect(result('ge').summary).toMatchObject(summary);
    expect(result('ge').summary.objects).toEqual(expect.arrayContaining(objects));
  });

  it('takes the content time from --at, else the newest time of the input', async () => {
    expect(result('philips').summary.run.at).toBe(AT);
    const { dataset } = await read('philips', 'measurements-sr.dcm');
    expect([dataset.text('ContentDate'), dataset.text('ContentTime')]).toEqual(['20261123', '101500']);
    const newest = result('ge').summary.run.at;
    const ge = (await read('ge', 'measurements-sr.dcm')).dataset;
    const written = `${ge.text('ContentDate')}${ge.text('ContentTime')}`;
    expect(written).toBe(newest.replace(/[-:T]/g, ''));
    expect(newest.slice(0, 4)).not.toBe('1970');
  });
});

/** The storage rules of IHE AI Results (AIR 6.5.3.1), on what leaves the node. */
describe('IHE AI Results', () => {
  const objects = async (style: string) => {
    const { out } = result(style);
    const names = (await readdir(out)).filter((name) => name.endsWith('.dcm'));
    return Promise.all(names.map(async (name) => ({ name, ...(await read(style, name)) })));
  };

  it('every object names each algorithm with its version and Device UID, and the scanner apart from it', async () => {
    const all = await objects('ge');
    expect(all.length).toBeGreaterThan(3);
    for (const { name, dataset } of all) {
      const equipment = dataset.items('ContributingEquipmentSequence').map((item) => ({
        purpose: item.item('PurposeOfReferenceCodeSequence')?.text('CodeValue'),
        told: (['Manufacturer', 'ManufacturerModelName', 'SoftwareVersions', 'DeviceUID'] as const).map(
          (keyword) => item.text(keyword) !== undefined,
        ),
      }));
      const algorithms = equipment.filter(({ purpose }) => purpose === dcm.processingEquipment.value);
      expect(algorithms.length, name).toBeGreaterThan(0);
      for (const { told } of algorithms) expect(told, name).toEqual([true, true, true, true]);
      expect(
        equipment.map(({ purpose }) => purpose),
        name,
      ).toContain(dcm.acquisitionEquipment.value);
      expect(dataset.text('Manufacturer'), name).toBe('Photopeak');
    }
  });

  it('findings are one unverified Comprehensive 3D SR of TID 1500 that points to the segments', async () => {
    const all = await objects('ge');
    const reports = all.filter(({ dataset }) => dataset.text('Modality') === 'SR');
    expect(reports).toHaveLength(1);
    const { dataset } = reports[0]!;
    expect(dataset.text('SOPClassUID')).toBe('1.2.840.10008.5.1.4.1.1.88.34');
    expect(dataset.item('ContentTemplateSequence')?.text('TemplateIdentifier')).toBe('1500');
    expect(dataset.text('VerificationFlag')).toBe('UNVERIFIED');
    const { groups } = readMeasurementReport(dataset);
    const segments = all.filter((object) => object.dataset.text('Modality') === 'SEG');
    const known = new Set(segments.map((object) => object.dataset.text('SOPInstanceUID')));
    const tracked = groups.map((group) => group.trackingUid);
    expect(new Set(tracked).size).toBe(tracked.length);
    const referenced = JSON.stringify(groups);
    expect([...known].some((uid) => referenced.includes(uid!))).toBe(true);
    const studies = new Set(all.map((object) => object.dataset.text('StudyInstanceUID')));
    expect(studies.size).toBe(1);
  });
});

describe.each(STYLES)('results of a %s study', (style) => {
  it('find the lesion where it is, and set aside where the tracer goes by nature', () => {
    const { summary, lesion } = result(style);
    const nearest = Math.min(
      ...summary.lesions.map(({ centroid }) =>
        Math.hypot(...centroid.map((c, axis) => c - (lesion[axis] ?? 0))),
      ),
    );
    expect(nearest).toBeLessThan(10);
    expect(summary.physiologicalUptake.map(({ physiological }) => physiological?.kind)).toContain(
      SET_ASIDE[TRACERS[style]],
    );
    expect(summary.objects.map(({ output }) => output)).toEqual(
      expect.arrayContaining(['lesions-seg', 'physiological-seg', 'anatomy-seg', 'registration', 'captures']),
    );
  });

  it('say in SR, SEG and registration what the summary says', async () => {
    const { summary } = result(style);
    const report = readMeasurementReport((await read(style, 'measurements-sr.dcm')).dataset);
    const segmentation = await readSegmentation(await read(style, 'lesions-seg.dcm'));
    expect(report.isVerified).toBe(false);
    for (const lesion of summary.lesions) {
      const group = report.groups.find(({ trackingUid }) => trackingUid === lesion.trackingUid);
      const value = (name: typeof dcm.suvBw, derivation?: typeof sct.maximum) =>
        group?.measurements.find(
          (one) =>
            sameCode(one.name, name) &&
            (derivation === undefined ||
              (one.derivation !== undefined && sameCode(one.derivation, derivation))),
        )?.value;
      expect(value(dcm.suvBw, sct.maximum)).toBeCloseTo(lesion.suvMax, 5);
      expect(value(dcm.suvBw, sct.mean)).toBeCloseTo(lesion.suvMean, 5);
      expect(value(dcm.metabolicVolume)).toBeCloseTo(lesion.mtvMl, 5);
      expect(value(dcm.totalLesionGlycolysis)).toBeCloseTo(lesion.tlgG, 4);
      expect(group?.regions).toEqual([
        {
          kind: 'segment',
          sopInstanceUid: (await read(style, 'lesions-seg.dcm')).dataset.text('SOPInstanceUID'),
          segments: [lesion.segmentNumber],
        },
      ]);
      const mask = segmentation.mask(lesion.segmentNumber, {});
      expect(mask.data.reduce((sum, inside) => sum + (inside === 0 ? 0 : 1), 0)).toBe(lesion.voxels);
    }
    const registration = readRegistration((await read(style, 'registration.dcm')).dataset);
    expect(JSON.stringify(registration)).toContain(
      JSON.stringify(summary.registration?.matrix.slice(0, 3)).slice(1, -1),
    );
  });
});

describe('the tracer', () => {
  it('is read from the headers and told, with what was done for it, in summary, report, SR and SEG', async () => {
    const { summary, out } = result('philips');
    expect(summary.tracer).toMatchObject({ name: 'psma', agent: 'PSMA-11', reason: 'code NCIT:C118961' });
    expect(summary.candidates).toMatchObject({ threshold: 3, outline: 'adapted 0.41' });
    const report = await readFile(path.join(out, 'report.html'), 'utf8');
    expect(report).toContain('<h1>PSMA PET/CT');
    expect(report).toContain('lacrimal and salivary glands');
    const { groups } = readMeasurementReport((await read('philips', 'measurements-sr.dcm')).dataset);
    const told = groups.flatMap(({ evaluations }) => evaluations ?? []);
    expect(JSON.stringify(told)).toContain('C118961');
    for (const { algorithm } of groups)
      expect(algorithm?.parameters).toEqual(
        expect.arrayContaining(['tracer=psma', 'threshold=auto', 'outline=adapted 0.41']),
      );
    const asked = result('ge').summary;
    expect(asked.tracer).toMatchObject({ name: 'fdg', agent: 'FDG' });
    expect(asked.candidates.outline).toBe('threshold');
  });
});

describe('NIfTI', () => {
  it('holds the volumes and the labels of the segments, at their places', async () => {
    const { out, summary } = result('ge');
    const open = async (name: string) => readNifti(await readFile(path.join(out, 'nifti', `${name}.nii.gz`)));
    const [pet, lesions, ct, anatomy, onCt] = await Promise.all(
      ['pet', 'lesions', 'ct', 'anatomy', 'resampled-pet'].map(open),
    );
    const first = summary.lesions[0];
    let hottest = 0;
    let voxels = 0;
    lesions?.data.forEach((label, index) => {
      if (label !== first?.segmentNumber) return;
      voxels += 1;
      hottest = Math.max(hottest, pet?.data[index] ?? 0);
    });
    expect(voxels).toBe(first?.voxels);
    expect(hottest).toBeCloseTo(first?.suvMax ?? 0, 5);
    expect(pet?.unit).toBe('g/ml{SUVbw}');
    expect(anatomy?.size).toEqual(ct?.size);
    expect(onCt?.size).toEqual(ct?.size);
    const measured = await photopeak(
      'measure',
      path.join(out, 'nifti', 'pet.nii.gz'),
      '--segmentation',
      path.join(out, 'lesions-seg.dcm'),
      '--json',
    );
    expect(measured.code).toBe(0);
    const json = JSON.parse(measured.stdout);
    expect(json.segments[0].voxels).toBe(first?.voxels);
    expect(json.segments[0].max).toBeCloseTo(first?.suvMax ?? 0, 4);
    expect(json.findings.map(({ code }: { code: string }) => code)).toEqual(['MEASURE_FRAME_UNKNOWN']);
  });
});

describeWithPeers('other readers', ['dciodvfy', 'dsrdump', 'pydicom'], () => {
  it.each(STYLES)('find no error in the objects of a %s study', async (style) => {
    const files = [...(await filesBelow(result(style).out)).keys()].filter((name) => name.endsWith('.dcm'));
    // Of the resampled slices, which differ only in position, the first and the last stand for all.
    const slices = files.filter((name) => name.startsWith('resampled-pet'));
    const checked = files.filter((name) => !slices.slice(1, -1).includes(name));
    expect(checked.length).toBeGreaterThanOrEqual(7);
    for (const name of checked) {
      const { output } = runPeer('dciodvfy', ['-new', path.join(result(style).out, name)]);
      const errors = output.split('\n').filter((line) => line.startsWith('Error'));
      expect(errors, `${style} ${name}`).toEqual([]);
    }
    const report = runPeer('dsrdump', [path.join(result(style).out, 'measurements-sr.dcm')]);
    expect(report.status, report.output).toBe(0);
    const script =
      'import sys, pydicom\nfor f in sys.argv[1:]:\n d = pydicom.dcmread(f)\n print(d.SOPClassUID.name, len(d.pixel_array.shape) if "PixelData" in d and "SEG" != d.Modality else 0)';
    const python = runPeer('python3', [
      '-c',
      script,
      ...files.map((name) => path.join(result(style).out, name)),
    ]);
    expect(python.status, python.output).toBe(0);
    expect(python.output).toContain('Segmentation Storage');
  });
});
