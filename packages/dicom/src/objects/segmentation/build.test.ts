import type { Mask, Vec3 } from '@photopeak/imaging';
import { describeWithPeers } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { sct } from '../../codes/index.ts';
import { uidFrom } from '../../uid/index.ts';
import {
  dciodvfyErrors,
  encode,
  orientationNames,
  pydicomReads,
  temporaryFolder,
  testAlgorithm,
  testContext,
  testGrid,
  testSource,
} from '../test-kit.ts';
import { buildSegmentation, type SegmentDescription } from './index.ts';

const lesion: SegmentDescription = {
  label: 'Lesion 1',
  type: sct.neoplasm,
  anatomicRegion: sct.lung,
  anatomicRegionModifiers: [sct.right],
  algorithmType: 'AUTOMATIC',
  algorithm: testAlgorithm,
  trackingId: 'Lesion 1',
  trackingUid: uidFrom('tracking', '1'),
};
const liver: SegmentDescription = { label: 'Liver', type: sct.liver, algorithmType: 'MANUAL' };
const kidney: SegmentDescription = {
  label: 'Left kidney',
  type: sct.kidney,
  typeModifiers: [sct.left],
  algorithmType: 'SEMIAUTOMATIC',
  algorithm: testAlgorithm,
};

/** A mask with a few voxels in some slices, none of them at a byte boundary by design. */
function speckle(grid: ReturnType<typeof testGrid>, seed: number): Mask {
  const data = new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2]);
  let state = seed;
  for (let at = 0; at < data.length; at++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    const k = Math.floor(at / (grid.size[0] * grid.size[1]));
    if (k % 3 !== seed % 3 && state > 1.6e9) data[at] = 1;
  }
  return { ...grid, data, unit: '1' };
}

const sizes: readonly Vec3[] = [
  [13, 11, 7],
  [16, 8, 4],
  [5, 3, 3],
];

describeWithPeers('a segmentation, as other software sees it', ['dciodvfy', 'pydicom'], () => {
  const folder = temporaryFolder();
  for (const orientation of orientationNames) {
    for (const size of sizes) {
      it(`has no error in dciodvfy: ${orientation}, ${size.join('×')}`, async () => {
        const grid = testGrid(orientation, size);
        const source = testSource('PT', grid);
        const object = buildSegmentation({
          context: testContext(source.header, `seg ${orientation} ${size}`),
          source,
          segments: [lesion, liver, kidney],
          pixels: {
            kind: 'masks',
            masks: [
              speckle(grid, 1),
              speckle(grid, 2),
              { ...speckle(grid, 3), data: new Uint8Array(size[0] * size[1] * size[2]) },
            ],
          },
        });
        const file = folder.write(`${orientation}-${size.join('x')}.dcm`, encode(object));
        expect(dciodvfyErrors(file)).toEqual([]);
        expect(pydicomReads(file)).toContain(`${size[1]}, ${size[0]})`);
      });
    }
  }
});

describe('a segmentation', () => {
  it('x', () => {});
});
