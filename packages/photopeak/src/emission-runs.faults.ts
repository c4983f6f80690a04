import { rm } from 'node:fs/promises';
import path from 'node:path';
import { writePetmrStudy, writeSpectctStudy } from '@photopeak/phantom';
import { petmrSummary, spectctSummary } from '@photopeak/pipelines';
import { parseConfiguration, type RunningNode, startNode } from '@photopeak/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKSPACE_FOLDER } from './commands/node-options.ts';
import { nodeFolder } from './testing/node-folder.ts';
import { takeInFolder } from './testing/take-in-folder.ts';
import { TINY_GRIDS } from './testing/tiny-study.ts';

const PATIENCE_MS = 600_000;
const LESION = { kind: 'liver', site: 'right lobe of liver, posterior', radiusMm: 20, suv: 20 } as const;

/** What steps hand on is kept by the node as files: volumes, a deformation, contours of the MR. */
describe('a node that receives a SPECT/CT and a PET/MR', () => {
  let folder: string;
  let node: RunningNode;
  beforeAll(async () => {
    folder = await nodeFolder('emission');
    // Before the node is there, which drawing would keep from its work.
    const [spect, mr] = [path.join(folder, 'spect'), path.join(folder, 'mr')];
    await writeSpectctStudy({
      folder: spect,
      values: 'mapped',
      phantom: {
        seed: 5311,
        tracer: 'dotatate',
        lesions: [LESION],
        respiratoryMismatchMm: 24,
        grids: { ct: TINY_GRIDS.ct, spect: TINY_GRIDS.pet },
      },
    });
    await writePetmrStudy({
      folder: mr,
      sequences: ['inPhase', 'adc'],
      phantom: { seed: 5312, lesions: [LESION], grids: { mr: TINY_GRIDS.ct, pet: TINY_GRIDS.pet } },
    });
    const text = `
http: { port: 0 }
dicom: { enabled: false }
logging: { level: error }
archive: { reserveMegabytes: 0 }
studies: { quietSeconds: 1, afterAssociationSeconds: 0 }
routes:
  - { name: spect, when: { modalities: [NM, CT] }, run: { pipeline: spectct, parameters: { captures: 0 } } }
  - { name: mr, when: { modalities: [PT, MR] }, run: { pipeline: petmr, parameters: { captures: 0 } } }`;
    node = await startNode({
      configuration: parseConfiguration(text, 'test', {}),
      dataFolder: path.join(folder, 'node'),
      workspaceFolder: WORKSPACE_FOLDER,
    });
    for (const study of [spect, mr]) await takeInFolder(node, study);
  }, PATIENCE_MS);
  afterAll(async () => {
    await node?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'processes each by its pipeline, to its objects',
    async () => {
      const finished = () =>
        node.context.db
          .selectFrom('run')
          .select(['id', 'pipeline', 'state', 'summary', 'error'])
          .where('state', 'in', ['packaged', 'failed'])
          .orderBy('pipeline')
          .execute();
      await expect.poll(finished, { timeout: PATIENCE_MS, interval: 1000 }).toHaveLength(2);
      const runs = await finished();
      expect(runs.map(({ state, error }) => [state, error])).toEqual([
        ['packaged', null],
        ['packaged', null],
      ]);
      const [mr, spect] = runs;
      const petmr = petmrSummary.parse(mr!.summary);
      expect(petmr.alignment!.used).toBe('identity');
      expect(petmr.lesions.length).toBeGreaterThan(0);
      const spectct = spectctSummary.parse(spect!.summary);
      expect(spectct.quantification!.status).toBe('quantitative');
      expect(spectct.alignment!.deformable).toBeDefined();
      expect(spectct.regions.map(({ label }) => label)).toContain('Liver');
      const written = await node.context.db.selectFrom('result').select(['run_id', 'output']).execute();
      for (const { id } of runs) {
        const outputs = written.filter(({ run_id }) => run_id === id).map(({ output }) => output);
        expect(outputs).toEqual(
          expect.arrayContaining(['registration', 'measurements-sr', 'summary', 'report']),
        );
      }
    },
    PATIENCE_MS,
  );
});
