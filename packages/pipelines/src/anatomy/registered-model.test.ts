import { ORGAN_LABELS, type OrganAnatomy } from '@photopeak/analysis';
import { createVolume, type Grid } from '@photopeak/imaging';
import type { ModelManifest, OpenModel } from '@photopeak/models';
import { describe, expect, it } from 'vitest';
import { inProcessRunner } from '../execution/index.ts';
import type { PinnedModel, SiteModels } from '../pipeline.ts';
import { modelledAnatomy } from './apply-model.ts';
import { anatomySite } from './registered-model.ts';

const grid: Grid = {
  size: [12, 10, 8],
  spacingMm: [3, 3, 4],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const COUNT = 12 * 10 * 8;
const ct = createVolume(grid, new Int16Array(COUNT).fill(60), "[hnsf'U]");
const organs: OrganAnatomy = {
  labels: createVolume(
    grid,
    Uint8Array.from({ length: COUNT }, (_, n) => (n < COUNT / 2 ? ORGAN_LABELS.liver : ORGAN_LABELS.body)),
    '1',
  ),
  structures: [{ name: 'liver', present: true, volumeMl: 9, confidence: 0.9, findings: [] }],
  vertebrae: [],
  l3: undefined,
};
const DIGEST = 'd'.repeat(64);
const site = anatomySite<{ anatomyModel: string }, { ct: string }>((summary) => summary.ct);

/** A model whose label 3 is the liver by its code, and 4 something that the anatomy does not know. */
const output: ModelManifest['output'][number] = {
  kind: 'labels',
  activation: 'softmax',
  threshold: 0.5,
  confidence: 'none',
  labels: {
    3: { name: 'Hepar', type: { value: '10200004', scheme: 'SCT', meaning: 'Liver' } },
    4: { name: 'Tail', type: { value: '0', scheme: 'SCT', meaning: 'Tail' } },
  },
};
const asked: string[] = [];
const models: SiteModels = {
  async open(digest) {
    asked.push(digest);
    const data = Uint16Array.from({ length: COUNT }, (_, n) => (n < COUNT / 2 + 12 ? 3 : 4));
    const model = {
      infer: async () => [{ kind: 'labels', labels: createVolume(grid, data, '1'), confidence: {} }],
      [Symbol.asyncDispose]: async () => {},
    } as unknown as OpenModel;
    return {
      manifest: { input: [{ channels: [{ image: 'image' }] }], output: [output] } as unknown as ModelManifest,
      model,
    };
  },
};
const pinned = (phase: PinnedModel['phase']): PinnedModel => ({
  id: 'organs',
  version: '2.0.0',
  digest: DIGEST,
  phase,
  task: 'segment',
  modalities: ['CT'],
  modality: 'CT',
  protocol: '',
});
const settled = (route: PinnedModel['phase'], model: PinnedModel['phase'] | undefined) =>
  site.settle(
    { anatomyModel: 'model:organs' },
    { phase: route, models: model === undefined ? [] : [pinned(model)] },
  ).anatomyModel;
const apply = (file: string) =>
  modelledAnatomy(inProcessRunner({ run: { key: 'k', at: '' }, models }), ct, organs, file);

describe('an anatomy model of the registry', () => {
  it('is asked for by its name, and a file is not', () => {
    expect(site.models({ anatomyModel: 'model:organs@2.0.0' })).toEqual(['organs@2.0.0']);
    expect(site.models({ anatomyModel: '/etc/model.json' })).toEqual([]);
  });

  it('serves by its digest; its labels count by their codes', async () => {
    const file = settled('assist', 'assist');
    const { applied, findings } = await apply(file);
    expect(asked).toEqual([DIGEST]);
    expect(findings).toEqual([]);
    expect(applied).toMatchObject({ name: 'organs', version: '2.0.0' });
    expect(applied!.structures).toEqual([expect.objectContaining({ name: 'liver', by: 'organs 2.0.0' })]);
    expect(applied!.labels.data.filter((label) => label === ORGAN_LABELS.liver)).toHaveLength(COUNT / 2 + 12);
    expect(site.used!({ ct: '1.2' }, { anatomyModel: file })).toEqual([
      { digest: DIGEST, seriesInstanceUid: '1.2' },
    ]);
  });

  it('in research is compared and not used on a route that is not research', async () => {
    const { applied, findings } = await apply(settled('assist', 'research'));
    expect(applied).toBeNull();
    expect(findings).toMatchObject([
      { code: 'ANATOMY_MODEL_RESEARCH', message: expect.stringContaining('liver') },
    ]);
    expect((await apply(settled('research', 'research'))).applied).not.toBeNull();
  });

  it('of which no version serves leaves the own outlines, and says so', async () => {
    const { applied, findings } = await apply(settled('assist', undefined));
    expect(applied).toBeNull();
    expect(findings).toMatchObject([{ code: 'ANATOMY_MODEL_NOT_PLACED' }]);
  });
});
