import { Readable } from 'node:stream';
import { type DicomJson, fromDicomJson, toDicomJson, writePart10 } from '@photopeak/dicom';
import { readJson } from '../../api/dicomweb/json-body.ts';
import { itemsOf, T } from '../../work-items/index.ts';
import {
  cancelledBeforeStart,
  prepareFinal,
  prepareNew,
  prepareUpdate,
  readStateChange,
} from '../../work-items/rules.ts';
import { type FuzzTarget, observer } from './target.ts';

const NOW = new Date(Date.UTC(2026, 10, 23));
const LARGEST = 256 * 1024;

/** DICOM JSON: data sets of STOW-RS, work items of UPS-RS, their updates and changes of state. */
export const jsonTarget: FuzzTarget = {
  name: 'json',
  largestBytes: LARGEST,
  slowestCpuMs: 1_000,
  tokens: [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\u0000',
    '"vr":"SQ"',
    '"vr":"PN"',
    '"vr":"OW"',
    '"vr":"DS"',
    '"Value":[',
    '"Value":[{"Alphabetic":"A^B"}]',
    '"InlineBinary":"AAAA"',
    '"BulkDataURI":"x"',
    '"00404041":{"vr":"CS","Value":["READY"]}',
    '"00741000":{"vr":"CS","Value":["IN PROGRESS"]}',
    '"__proto__":{"vr":"LO"}',
    'null',
    '1e400',
    '-0',
    '[[[[[[[[',
    '{"00081115":{"vr":"SQ","Value":[',
  ].map((text) => Buffer.from(text)),
  async open() {
    return {
      async play(bytes) {
        const { attempt, attemptAsync, summary } = observer(/^(HTTP|DICOM|WORK_ITEM)_/);
        let json: unknown;
        await attemptAsync('body', async () => {
          json = await readJson(Readable.from([Buffer.from(bytes)]), LARGEST);
        });
        if (json === null || typeof json !== 'object') return summary();
        attempt('data set', () => {
          const dataset = fromDicomJson(json, { bulkData: () => new Uint8Array(8) });
          attempt('json again', () => JSON.stringify(toDicomJson(dataset)));
          attempt('file', () => writePart10({ dataset }));
        });
        if (Array.isArray(json)) return summary();
        const item = json as DicomJson;
        attempt('new item', () => {
          const { attributes } = prepareNew(item, '1.2.3', NOW);
          attempt('cancelled', () => cancelledBeforeStart(attributes, 'reason', NOW));
        });
        attempt('update', () => prepareUpdate({ [T.label]: { vr: 'LO', Value: ['x'] } }, item, NOW));
        attempt('state', () => readStateChange(item));
        for (const state of ['COMPLETED', 'CANCELED'] as const)
          attempt(state, () => prepareFinal(item, state, NOW));
        attempt('items', () => itemsOf(item, T.progress).length);
        return summary();
      },
      close: async () => undefined,
    };
  },
};
