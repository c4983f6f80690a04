import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  canDecode,
  type Dataset,
  decodeFrame,
  imagePixel,
  nativeDicomXml,
  type ParsedFile,
  parsePart10,
  toDicomJson,
  writePart10,
} from '@photopeak/dicom';
import { instanceHeaderFrom, readInstanceHeader } from '../../archive/instance-header.ts';
import { describeInstance } from '../../archive/metadata/describe.ts';
import { type FuzzTarget, observer } from './target.ts';

const EXPECTED = /^(DICOM|INSTANCE)_/;
/** Frames of one input that are decoded: the others go the same way. */
const MOST_FRAMES = 3;
/** Deeper nesting is refused by the reader; wider data sets repeat themselves. */
const MOST_ELEMENTS = 5_000;

const word = (...bytes: number[]) => Uint8Array.of(...bytes);

/**
 * Part 10 files as they come in by every way: the reader of headers in memory and on disk, every value of every
 * element, DICOM JSON and XML, writing again, and every decoder of pixel data.
 */
export const part10Target: FuzzTarget = {
  name: 'part10',
  largestBytes: 128 * 1024,
  // A decoder that fails is loaded again, and may be given 20 s before it is ended.
  slowestCpuMs: 4_000,
  tokens: [
    word(0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff),
    word(0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0),
    word(0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0),
    word(0xff, 0xff, 0xff, 0xff),
    word(0xff, 0xd8, 0xff),
    word(0xff, 0xd9),
    word(0xff, 0x4f, 0xff, 0x51),
    word(0x1b, 0x24, 0x42),
    Buffer.from('SQ\0\0\xff\xff\xff\xff', 'latin1'),
    Buffer.from('UN\0\0\xff\xff\xff\xff', 'latin1'),
    Buffer.from('OB\0\0', 'latin1'),
    Buffer.from('UT\0\0', 'latin1'),
    Buffer.from('\\ISO 2022 IR 87', 'latin1'),
    Buffer.from('ISO_IR 192', 'latin1'),
    Buffer.from('1.2.840.10008.1.2.', 'latin1'),
    Buffer.from('\\', 'latin1'),
  ],
  async open() {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'fuzz-part10-'));
    const file = path.join(folder, 'input.dcm');
    return {
      async play(bytes, random) {
        const { attempt, attemptAsync, saw, summary } = observer(EXPECTED);
        attempt('head', () => instanceHeaderFrom(bytes, bytes.length + random(2) * 4096));
        if (random(8) === 0) {
          await writeFile(file, bytes);
          await attemptAsync('file', () => readInstanceHeader(file));
          attempt('described', () => describeInstance(file));
        }
        attempt('beginning', () => parsePart10(bytes, { stopBeforePixelData: true, copy: true }));
        let parsed: ParsedFile | undefined;
        attempt('whole', () => {
          parsed = parsePart10(bytes);
        });
        if (parsed === undefined) return summary();
        const { dataset, transferSyntaxUid } = parsed;
        attempt('walked', () => walk(dataset, { left: MOST_ELEMENTS }));
        attempt('json', () => JSON.stringify(toDicomJson(dataset, { bulkDataUri: (name) => name })));
        if (random(4) === 0) attempt('xml', () => nativeDicomXml(toDicomJson(dataset)));
        if (random(4) === 0) attempt('written', () => writePart10({ dataset, transferSyntaxUid }));
        let frames = 0;
        attempt('image', () => {
          frames = imagePixel(dataset).frames;
        });
        if (frames > 0 && canDecode(transferSyntaxUid)) {
          saw(transferSyntaxUid);
          for (let index = 0; index < Math.min(frames, MOST_FRAMES); index++)
            await attemptAsync('decoded', () => decodeFrame({ dataset, transferSyntaxUid }, index));
        }
        return summary();
      },
      close: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

function walk(dataset: Dataset, budget: { left: number }): void {
  for (const element of dataset) {
    if (budget.left-- <= 0) return;
    element.texts();
    element.numbers();
    element.bytes();
    element.fragments();
    for (const item of element.items()) walk(item, budget);
  }
}
