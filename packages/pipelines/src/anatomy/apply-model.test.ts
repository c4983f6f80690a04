import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ORGAN_LABELS, type OrganAnatomy } from '@photopeak/analysis';
import { createVolume, type Grid, readNifti, writeNifti } from '@photopeak/imaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcessRunner } from '../execution/index.ts';
import { modelledAnatomy, withModel } from './apply-model.ts';

const grid: Grid = {
  size: [12, 10, 8],
  spacingMm: [3, 3, 4],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const COUNT = 12 * 10 * 8;
const ct = createVolume(grid, new Int16Array(COUNT).fill(60), "[hnsf'U]");
const report = (name: 'liver' | 'spleen', present: boolean) =>
  ({ name, present, volumeMl: present ? 9 : 0, confidence: present ? 0.9 : 0, findings: [] }) as const;
/** A liver in the lower half, no spleen. */
const organs: OrganAnatomy = {
  labels: createVolume(
    grid,
    Uint8Array.from({ length: COUNT }, (_, n) => (n < COUNT / 2 ? ORGAN_LABELS.liver : ORGAN_LABELS.body)),
    '1',
  ),
  structures: [report('liver', true), report('spleen', false)],
  vertebrae: [],
  l3: undefined,
};
const run = { key: 'a'.repeat(64), at: '2026-01-02T03:04:05' };

describe('the model of the site in a pipeline', () => {
  let folder = '';
  let server: Server;
  let answer: (body: Buffer) => { readonly status: number; readonly body: Uint8Array | string };
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'apply-model-'));
    server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { status, body } = answer(Buffer.concat(parts));
      response.statusCode = status;
      response.end(body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const labels = { 1: 'liver', 2: 'spleen' };
    const model = { schema: 'photopeak/anatomy-model/1', name: 'M', version: '1', url, labels };
    await writeFile(path.join(folder, 'model.json'), JSON.stringify(model));
  });
  afterAll(async () => {
    await new Promise((done) => server.close(done));
    await rm(folder, { recursive: true, force: true });
  });
  const apply = (file = 'model.json') =>
    modelledAnatomy(inProcessRunner({ run }), ct, organs, file === '' ? '' : path.join(folder, file));
  const labelMap = (label: (n: number) => number) => (body: Buffer) => {
    const image = readNifti(body);
    const data = Uint8Array.from({ length: image.data.length }, (_, n) => label(n));
    return { status: 200, body: writeNifti({ ...image, data, unit: '1' }) };
  };

  it('is not asked where none is configured', async () => {
    expect(await apply('')).toEqual({ applied: null, findings: [] });
  });

  it('puts its outlines in the place of the own ones', async () => {
    answer = labelMap((n) => (n < COUNT / 2 ? 1 : n < 0.75 * COUNT ? 2 : 0));
    const { applied, findings } = await apply();
    expect(findings).toEqual([]);
    const [liver, spleen] = applied!.structures;
    expect(liver).toMatchObject({ name: 'liver', present: true, confidence: 0.95, by: 'M 1', findings: [] });
    expect(spleen).toMatchObject({ name: 'spleen', present: true, confidence: 0.5, by: 'M 1' });
    const counted = applied!.labels.data.filter((label) => label === ORGAN_LABELS.spleen).length;
    expect(counted).toBe(COUNT / 4);
    expect(withModel(run, applied).key).not.toBe(run.key);
    expect(withModel(run, null)).toBe(run);
  });

  it('is less sure, and says so, where the two disagree', async () => {
    answer = labelMap((n) => (n > COUNT / 4 && n < 0.75 * COUNT ? 1 : 0));
    const { applied, findings } = await apply();
    expect(applied!.structures[0]!.confidence).toBeLessThan(0.4);
    expect(findings).toMatchObject([{ code: 'ANATOMY_MODEL_DISAGREES', severity: 'warning' }]);
    expect(findings[0]!.message).toContain('liver 0.50');
  });

  it('that fails, or answers with what is no image, leaves the own outlines and says so', async () => {
    answer = () => ({ status: 503, body: 'no weights' });
    const failed = await apply();
    expect(failed.applied).toBeNull();
    expect(failed.findings).toMatchObject([{ code: 'ANATOMY_MODEL_FAILED', severity: 'error' }]);
    expect(failed.findings[0]!.message).toContain('HTTP status 503; no weights');
    answer = () => ({ status: 200, body: 'hello' });
    expect((await apply()).findings[0]!.code).toBe('ANATOMY_MODEL_FAILED');
  });

  it('is not run from a file that is no configuration of one', async () => {
    const wrong = { schema: 'photopeak/anatomy-model/1', name: 'x', version: '1', url: 'file:///etc' };
    await writeFile(path.join(folder, 'wrong.json'), JSON.stringify(wrong));
    await expect(apply('wrong.json')).rejects.toMatchObject({ code: 'ANATOMY_MODEL_FILE' });
    await writeFile(path.join(folder, 'both.json'), JSON.stringify({ ...wrong, url: undefined }));
    await expect(apply('both.json')).rejects.toMatchObject({
      found: expect.stringContaining('either a command'),
    });
    await expect(apply('absent.json')).rejects.toMatchObject({ code: 'ANATOMY_MODEL_FILE' });
  });
});
