import { describeWithPeers } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { parsePart10 } from '../../read/index.ts';
import { uidFrom } from '../../uid/index.ts';
import { errorsOf, validate } from '../../validate/index.ts';
import { dciodvfyErrors, encode, pydicomReads, temporaryFolder } from '../test-kit.ts';
import { buildHangingProtocol } from './index.ts';

const protocol = () =>
  buildHangingProtocol({
    name: 'AI beside CT',
    description: 'Original left, enhanced right',
    modalities: ['CT', 'MR'],
    sopInstanceUid: uidFrom('hanging protocol test'),
    equipment: {
      manufacturer: 'Photopeak',
      model: 'Photopeak',
      deviceSerialNumber: '0',
      softwareVersions: '0.1.0',
    },
    at: '2026-11-23T10:15:00',
  });

describe('a hanging protocol', () => {
  it('puts originals on the left, what was derived of them on the right, and scrolls both together', () => {
    const { dataset } = parsePart10(encode(protocol()));
    const sets = dataset.items('ImageSetsSequence');
    const asked = sets.map((set) =>
      set
        .items('ImageSetSelectorSequence')
        .map((one) => one.text('SelectorCSValue') ?? one.text('SelectorLOValue')),
    );
    expect(asked).toEqual([['ORIGINAL'], ['DERIVED', 'Photopeak']]);
    const boxes = dataset
      .items('DisplaySetsSequence')
      .map((set) => set.item('ImageBoxesSequence')!.numbers('DisplayEnvironmentSpatialPosition'));
    expect(boxes[0]![2]).toBe(boxes[1]![0]);
    expect(dataset.item('SynchronizedScrollingSequence')!.numbers('DisplaySetScrollingGroup')).toEqual([
      1, 2,
    ]);
    expect(errorsOf(validate(dataset))).toEqual([]);
    expect(dataset.has('PatientID')).toBe(false);
  });
});

describeWithPeers('other readers of it', ['dciodvfy', 'pydicom'], () => {
  const folder = temporaryFolder();
  it('find no error', () => {
    const file = folder.write('hanging.dcm', encode(protocol()));
    expect(dciodvfyErrors(file)).toEqual([]);
    expect(pydicomReads(file)).toHaveLength(1);
  });
});
