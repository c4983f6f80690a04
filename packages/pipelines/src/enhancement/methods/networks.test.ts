import { cp, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  centeredGrid,
  correctWater,
  evenAngles,
  filteredBackprojection,
  parallelBeam,
  psnr,
  waterPolynomial,
} from '@photopeak/analysis';
import { createVolume, type Volume } from '@photopeak/imaging';
import { openPackage } from '@photopeak/models';
import {
  lowDoseCt,
  measureScene,
  metalShare,
  pelvisSpectrum,
  pelvisWaterPerMm,
  spineScene,
  thickSlices,
  withoutMetal,
} from '@photopeak/phantom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderOf, openBuiltIn } from '../built-in-network.ts';
import { defaultMethod, enhancementMethods } from '../catalogue.ts';
import { unknownFacts } from '../image-facts.ts';
import type { Enhanced, EnhancementMethod } from '../method.ts';
import { metalStreaks } from './metal-streaks.ts';
import { networkCt } from './network-ct.ts';
import { networkMetal } from './network-metal.ts';
import { networkSlices } from './network-slices.ts';
import { nonlocalCt } from './nonlocal-ct.ts';
import { sliceRefinement } from './slice-refinement.ts';

const signal = new AbortController().signal;
const networks = enhancementMethods.filter(({ isNetwork }) => isNetwork === true);
const packageOf: Readonly<Record<string, string>> = {
  [networkCt.id]: 'ct-denoiser',
  [networkSlices.id]: 'slice-refiner',
  [networkMetal.id]: 'metal-refiner',
};

const run = (
  method: EnhancementMethod,
  volume: Volume,
  modality = 'MR',
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Enhanced> =>
  method.run(
    { volume, planes: 'slices', facts: unknownFacts(modality, '', volume.unit) },
    method.parameters.parse(settings),
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

describe('the network for a CT of a low dose', () => {
  // A seed that is used nowhere else.
  const { noiseFree, lowDose } = lowDoseCt({ seed: 9396, size: 'small', slices: 3, dose: 0.2 });

  it('comes nearer to the scan without noise than non-local means, leaves air alone, and gives the same bytes each time', async () => {
    const [network, again, classical] = [
      await run(networkCt, lowDose, 'CT', { reduction: 1 }),
      await run(networkCt, lowDose, 'CT', { reduction: 1 }),
      await run(nonlocalCt, lowDose, 'CT', { reduction: 1 }),
    ];
    const inWindow = (volume: Volume) => ({
      ...volume,
      data: Float32Array.from(volume.data, (hu) => Math.min(250, Math.max(-150, hu))),
    });
    const dB = ({ volume }: Enhanced) => psnr(inWindow(noiseFree), inWindow(volume!), 400);
    expect(dB(network)).toBeGreaterThan(dB(classical) + 0.2);
    expect(network.facts).toContainEqual({ name: 'provider', value: 'cpu' });
    expect(again.volume!.data).toEqual(network.volume!.data);
    const isAir = (at: number) => lowDose.data[at]! < -700 && network.volume!.data[at]! < -400;
    for (let at = 0; at < lowDose.data.length; at++)
      if (isAir(at)) expect(network.volume!.data[at]).toBe(lowDose.data[at]);
  });

  it('is not taken unasked', () => {
    expect(defaultMethod('denoise', 'CT')).toBe(nonlocalCt);
  });
});

describe('the network for metal', () => {
  const EDGE = 128;
  const HU = "[hnsf'U]";
  const grid = centeredGrid([EDGE, EDGE, 1], [2.4, 2.4, 2]);
  const geometry = parallelBeam({
    anglesRad: evenAngles(180, Math.PI),
    detectorSize: [EDGE, 1],
    pixelMm: [2.4, 2],
  });
  /** A seed that is used nowhere else. */
  const withMetal = spineScene(54);
  const imageOf = async (data: Float32Array) => {
    const water = waterPolynomial(pelvisSpectrum, 400, { perMm: pelvisWaterPerMm });
    const { data: found } = await filteredBackprojection(correctWater({ geometry, data }, water), grid);
    return createVolume(
      grid,
      found.map((value) => Math.min(3071, 1000 * (value / pelvisWaterPerMm - 1))),
      HU,
    );
  };

  it('comes nearer to the scan without metal than the classical method, leaves metal as it was, and gives the same bytes each time', async () => {
    const scanned = await imageOf(measureScene(withMetal, geometry, { photons: 1e6, seed: 54 }));
    const reference = await imageOf(measureScene(withoutMetal(withMetal), geometry));
    const share = metalShare(withMetal, grid);
    const error = ({ volume }: Enhanced) => {
      let sum = 0;
      for (let n = 0; n < share.length; n++)
        if (share[n] === 0 && reference.data[n]! > -300) sum += (volume!.data[n]! - reference.data[n]!) ** 2;
      return Math.sqrt(sum);
    };
    const [network, again, classical] = [
      await run(networkMetal, scanned, 'CT'),
      await run(networkMetal, scanned, 'CT'),
      await run(metalStreaks, scanned, 'CT'),
    ];
    expect(error(network)).toBeLessThan(0.95 * error(classical));
    expect(network.facts).toContainEqual({ name: 'provider', value: 'cpu' });
    expect(again.volume!.data).toEqual(network.volume!.data);
    for (let n = 0; n < share.length; n++)
      if (share[n] === 1) expect(network.volume!.data[n]).toBe(scanned.data[n]);
  });

  it('says that there is no metal, and is not taken unasked', async () => {
    const { volume, findings } = await run(
      networkMetal,
      createVolume(grid, new Float32Array(EDGE * EDGE), HU),
      'CT',
    );
    expect(volume).toBeNull();
    expect(findings).toMatchObject([{ code: 'ENHANCE_NO_METAL' }]);
    expect(defaultMethod('metal', 'CT')).toBe(metalStreaks);
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
