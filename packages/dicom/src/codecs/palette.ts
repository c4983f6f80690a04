import { type Dataset, Tag } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';
import type { SampleArray } from './samples.ts';

interface ColourTable {
  readonly first: number;
  /** Red, green, blue: one entry for each value from `first` on, 0 to 255. */
  readonly channels: readonly [Uint8Array, Uint8Array, Uint8Array];
}

const MAX_ENTRIES = 65536;
const channelTags = [
  [
    Tag.RedPaletteColorLookupTableDescriptor,
    Tag.RedPaletteColorLookupTableData,
    Tag.SegmentedRedPaletteColorLookupTableData,
  ],
  [
    Tag.GreenPaletteColorLookupTableDescriptor,
    Tag.GreenPaletteColorLookupTableData,
    Tag.SegmentedGreenPaletteColorLookupTableData,
  ],
  [
    Tag.BluePaletteColorLookupTableDescriptor,
    Tag.BluePaletteColorLookupTableData,
    Tag.SegmentedBluePaletteColorLookupTableData,
  ],
] as const;

function invalid(message: string, where: string): Error {
  return dicomError('DICOM_PIXEL_DATA_INVALID', message, { where });
}

/** The Palette Color Lookup Table of a data set, PS3.3 C.7.6.3.1.5 and C.7.9. */
export function colourTable(dataset: Dataset): ColourTable {
  let first = 0;
  const channels = channelTags.map(([descriptorTag, dataTag, segmentedTag]) => {
    const [entries, start, bits] = dataset.numbers(descriptorTag);
    if (entries === undefined || start === undefined || bits === undefined) {
      throw invalid('The palette has no descriptor', '(0028,1101)');
    }
    first = start;
    const count = entries === 0 ? MAX_ENTRIES : entries;
    const segmented = dataset.bytes(segmentedTag);
    const bytes = dataset.bytes(dataTag);
    if (segmented !== undefined) return expand(segmented, bits, count);
    if (bytes === undefined) throw invalid('The palette has no data', '(0028,1201)');
    return plain(bytes, bits, count);
  });
  return { first, channels: channels as unknown as ColourTable['channels'] };
}

function plain(bytes: Uint8Array, bits: number, count: number): Uint8Array {
  // Some writers pack 8-bit tables of "16 bits" into single bytes, and the other way round: the length tells.
  if (bytes.length < count * 2) return padTo(bytes.subarray(0, count), count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Uint8Array(count);
  const shift = bits > 8 ? 8 : 0;
  for (let i = 0; i < count; i++) out[i] = view.getUint16(i * 2, true) >>> shift;
  return out;
}

function padTo(bytes: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(count);
  out.set(bytes);
  if (bytes.length > 0) out.fill(bytes[bytes.length - 1]!, bytes.length);
  return out;
}

/** Segmented tables, PS3.3 C.7.9.2: discrete (0), linear (1) and indirect (2) segments. */
function expand(bytes: Uint8Array, bits: number, count: number): Uint8Array {
  const wide = bits > 8;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = Math.floor(bytes.length / (wide ? 2 : 1));
  const word = (index: number) => {
    if (index >= words) throw invalid('The segmented palette is cut', '(0028,1221)');
    return wide ? view.getUint16(index * 2, true) : bytes[index]!;
  };
  const values: number[] = [];
  const run = (from: number, segments: number, indirectAllowed: boolean): void => {
    let at = from;
    for (let done = 0; done < segments && at < words && values.length < count; done++) {
      const kind = word(at);
      const length = word(at + 1);
      // Each segment gives at least one entry: what gives none could be repeated without end.
      if (length === 0) throw invalid('The segmented palette has an empty segment', '(0028,1221)');
      if (kind === 0) {
        for (let i = 0; i < length; i++) values.push(word(at + 2 + i));
        at += 2 + length;
      } else if (kind === 1) {
        const target = word(at + 2);
        const start = values[values.length - 1] ?? target;
        for (let i = 1; i <= length; i++) values.push(start + ((target - start) * i) / length);
        at += 3;
      } else if (kind === 2 && indirectAllowed) {
        const byteOffset = word(at + 2) + word(at + 3) * (wide ? 0x10000 : 0x100);
        run(Math.floor(byteOffset / (wide ? 2 : 1)), length, false);
        at += 4;
      } else {
        throw invalid('The segmented palette has an unknown segment', '(0028,1221)');
      }
    }
  };
  run(0, Number.MAX_SAFE_INTEGER, true);
  return padTo(
    Uint8Array.from(values.slice(0, count), (value) => value / (wide ? 256 : 1)),
    count,
  );
}

/** Palette indices to RGB, 8 bits each, by pixel. Indices outside the table take its first or last entry. */
export function applyPalette(indices: SampleArray, table: ColourTable): Uint8Array {
  const [red, green, blue] = table.channels;
  const last = red.length - 1;
  const out = new Uint8Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++) {
    const entry = Math.min(last, Math.max(0, indices[i]! - table.first));
    out[3 * i] = red[entry]!;
    out[3 * i + 1] = green[entry]!;
    out[3 * i + 2] = blue[entry]!;
  }
  return out;
}
