import { cp, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { psnr } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import { openPackage } from '@photopeak/models';
import { thickSlices } from '@photopeak/phantom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderOf, openBuiltIn } from '../built-in-network.ts';
import { defaultMethod, enhancementMethods } from '../catalogue.ts';
import { unknownFacts } from '../image-facts.ts';
import type { Enhanced, EnhancementMethod } from '../method.ts';
import { networkSlices } from './network-slices.ts';
import { sliceRefinement } from './slice-refinement.ts';

const signal = new AbortController().signal;
const networks = enhancementMethods.filter(({ isNetwork }) => isNetwork === true);
const packageOf: Readonly<Record<string, string>> = { [networkSlices.id]: 'slice-refiner' };

const run = (method: EnhancementMethod, volume: Volume): Promise<Enhanced> =>
  method.run(
    { volume, planes: 'slices', facts: unknownFacts('MR', '', volume.unit) },
    method.parameters.parse({}),
    { signal, progress: () => {} },
  );

describe('the network for thick slices', () => {
  it('comes nearer to the truth than slice refinement, contradicts no slice, and gives the same bytes each time', async () => {
    const { truth, slices } = thickSlices({ seed: 9399, size: 32, sliceMm: 4 });
    const [network, again, classical] = [
      await run(networkSlices, slices),
      await run(networkSlices, slices),
      await run(sliceRefinement, slices),
    ];
    const dB = ({ volume }: Enhanced) => psnr(truth, volume!, 1250);
    expect(dB(network)).toBeGreaterThan(dB(classical) + 0.2);
    expect(network.facts).toContainEqual({ name: 'provider', value: 'cpu' });
    const error = network.facts?.find(({ name }) => name === 'consistency error')?.value;
    expect(error).toBeLessThan(0.01);
    expect(again.volume!.data).toEqual(network.volume!.data);
  });

  it('finds nothing to do where slices are as thin as pixels, and is not taken unasked', async () => {
    const { truth } = thickSlices({ seed: 9398, size: 8, sliceMm: 2 });
    const { volume, findings } = await run(networkSlices, truth);
    expect(volume).toBeNull();
    expect(findings).toMatchObject([{ code: 'ENHANCE_SLICES_THIN' }]);
    for (const modality of networkSlices.modalities)
      expect(defaultMethod('super-resolution', modality)).toBe(sliceRefinement);
  });
});

describe('slices that contradict each other', () => {
  it('are told of: refined planes do not give them', async () => {
    // Thin slices that are told to overlap by half.
    const { slices } = thickSlices({ seed: 9397, size: 32, sliceMm: 4, thicknessMm: 1, noise: 0.1 });
    const facts = { ...unknownFacts('MR', '', slices.unit), sliceThicknessMm: 8 };
    const { findings } = await sliceRefinement.run(
      { volume: slices, planes: 'slices', facts },
      sliceRefinement.parameters.parse({}),
      { signal, progress: () => {} },
    );
    expect(findings).toMatchObject([{ code: 'ENHANCE_SLICES_INCONSISTENT', severity: 'warning' }]);
  });
});

describe('the package of a network that comes with Photopeak', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'photopeak-network-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(networks)(
    '$id has the digest that the method names, a card, and less than 5 MB',
    async (method) => {
      const opened = await openPackage(folderOf({ id: packageOf[method.id]! }));
      expect(opened.digest).toBe(method.digest);
      expect(opened.manifest).toMatchObject({
        licence: 'Apache-2.0',
        card: 'card.md',
        modality: method.modalities,
      });
      const sizes = await Promise.all(
        (await readdir(opened.folder)).map(async (name) => (await stat(path.join(opened.folder, name))).size),
      );
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(5e6);
    },
  );

  it('is not run with other files', async () => {
    const copy = path.join(folder, 'slice-refiner');
    await cp(folderOf({ id: 'slice-refiner' }), copy, { recursive: true });
    await writeFile(path.join(copy, 'card.md'), 'another');
    const { digest } = await openPackage(copy);
    expect(digest).not.toBe(networkSlices.digest);
    await expect(openBuiltIn({ id: 'slice-refiner', digest }, signal)).rejects.toMatchObject({
      code: 'ENHANCE_NETWORK_CHANGED',
    });
  });
});
