import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePart10, readSegmentation, readStructureSet } from '@photopeak/dicom';
import { readNifti, writeNifti } from '@photopeak/imaging';
import { petctSummary, radiotherapySummary } from '@photopeak/pipelines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { copySeries, writeTinyStudy } from '../testing/tiny-study.ts';

let folder = '';
let input = '';
let server: Server;
const file = (name: string) => path.join(folder, name);

/** A model behind HTTP: what is dense is "spleen", lung is "lungLeft" but for what lies in its upper half. */
function answer(body: Buffer): Uint8Array {
  const ct = readNifti(body);
  const upper = ct.data.length / 2;
  const data = Uint8Array.from(ct.data, (hu, n) =>
    hu > 300 ? 4 : hu < -600 && hu > -950 && n < upper ? 9 : 0,
  );
  return writeNifti({ ...ct, data, unit: '1' });
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-anatomy-model-'));
  await writeTinyStudy(file('study'), { style: 'ge' });
  input = await copySeries(file('study'), ['ct'], file('input'));
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    response.end(answer(Buffer.concat(parts)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const model = {
    schema: 'photopeak/anatomy-model/1',
    name: 'Densities',
    version: '3',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/segment`,
    labels: { 4: 'spleen', 9: 'lungLeft' },
  };
  await writeFile(file('model.json'), JSON.stringify(model));
}, 300_000);
afterAll(async () => {
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true, force: true });
});

const run = (pipeline: string, out: string) =>
  photopeak('run', pipeline, input, '--out', file(out), '--set', `anatomyModel=${file('model.json')}`);
const json = async (out: string) => JSON.parse(await readFile(path.join(file(out), 'summary.json'), 'utf8'));
const read = async (out: string, name: string) => parsePart10(await readFile(path.join(file(out), name)));

describe('a segmentation model that the site configured', () => {
  it('takes the place of the own outlines in petct-oncology, and both are compared', async () => {
    await run('petct-oncology', 'petct');
    const summary = petctSummary.parse(await json('petct'));
    expect(summary.anatomyModel).toMatchObject({ name: 'Densities', version: '3' });
    const spleen = summary.anatomy.find(({ name }) => name === 'spleen')!;
    expect(spleen.by).toBe('Densities 3');
    expect(spleen.confidence).toBeLessThanOrEqual(0.5);
    expect(spleen.findings?.join()).toMatch(/disagree|only the model found it/);
    expect(summary.anatomy.find(({ name }) => name === 'liver')?.by).toBeUndefined();
    const disagreement = summary.findings.find(({ code }) => code === 'ANATOMY_MODEL_DISAGREES');
    expect(disagreement?.message).toContain('lungLeft');
    const segmentation = await readSegmentation(await read('petct', 'anatomy-seg.dcm'));
    const byName = (label: string) => segmentation.segments.find((segment) => segment.label === label)!;
    expect(byName('Spleen').algorithmName).toBe('Densities 3');
    expect(byName('Liver').algorithmName).toBe('CT anatomy');
  }, 300_000);

  it('takes the same place in radiotherapy-oar', async () => {
    await run('radiotherapy-oar', 'oar');
    const summary = radiotherapySummary.parse(await json('oar'));
    const spleen = summary.structures.find(({ name }) => name === 'Spleen')!;
    expect(spleen.description).toBe('outlined by Densities 3');
    expect(spleen.toCheck.join()).toMatch(/disagree|only the model found it/);
    const set = readStructureSet((await read('oar', 'structures.dcm')).dataset);
    expect(set.rois.find(({ name }) => name === 'Spleen')?.contours.length).toBe(spleen.contours);
  }, 300_000);
});
