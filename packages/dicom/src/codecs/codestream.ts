/** What the header of a compressed frame says, read before a decoder is trusted with it. */
export interface CodestreamInfo {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly components: number;
  /** JPEG process by its frame marker: 0xC0 baseline, 0xC1 extended, 0xC3 lossless, 0xF7 JPEG-LS; 0x4F JPEG 2000. */
  readonly marker: number;
  /** Component identifiers of JPEG: `RGB` in ASCII says that no colour transform was applied. */
  readonly componentIds: readonly number[];
  /** Colour transform of an Adobe marker: 0 none, 1 YCbCr. */
  readonly adobeTransform: number | undefined;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP14 = 0xee;
const SIZ = 0x51;

function isFrameMarker(marker: number): boolean {
  return (
    marker === 0xf7 ||
    (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
  );
}

/** Reads JPEG, JPEG-LS and JPEG 2000 headers; undefined when the bytes are neither. */
export function inspectCodestream(bytes: Uint8Array): CodestreamInfo | undefined {
  if (bytes[0] !== 0xff) return undefined;
  if (bytes[1] === 0x4f) return inspectJpeg2000(bytes);
  return bytes[1] === SOI ? inspectJpeg(bytes) : undefined;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) * 0x10000 + uint16(bytes, at + 2);
}

function inspectJpeg(bytes: Uint8Array): CodestreamInfo | undefined {
  let adobeTransform: number | undefined;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === SOS || marker === EOI) return undefined;
    const length = uint16(bytes, at + 2);
    if (length < 2) return undefined;
    if (marker === APP14 && length >= 14) adobeTransform = bytes[at + 15];
    if (isFrameMarker(marker)) {
      const components = bytes[at + 9] ?? 0;
      return {
        marker,
        bits: bytes[at + 4] ?? 0,
        height: uint16(bytes, at + 5),
        width: uint16(bytes, at + 7),
        components,
        componentIds: Array.from({ length: components }, (_, i) => bytes[at + 10 + 3 * i] ?? 0),
        adobeTransform,
      };
    }
    at += 2 + length;
  }
  return undefined;
}

function inspectJpeg2000(bytes: Uint8Array): CodestreamInfo | undefined {
  if (bytes[2] !== 0xff || bytes[3] !== SIZ || bytes.length < 45) return undefined;
  return {
    marker: 0x4f,
    width: uint32(bytes, 8) - uint32(bytes, 16),
    height: uint32(bytes, 12) - uint32(bytes, 20),
    components: uint16(bytes, 40),
    bits: ((bytes[42] ?? 0) & 0x7f) + 1,
    componentIds: [],
    adobeTransform: undefined,
  };
}

/**
 * Whether an end-of-image marker is the last thing but padding. A JPEG-LS decoder that runs past the end of a frame
 * takes minutes to notice.
 */
export function hasEndMarker(bytes: Uint8Array): boolean {
  let at = bytes.length - 1;
  while (at > 0 && bytes[at] === 0) at -= 1;
  return at > 0 && bytes[at] === EOI && bytes[at - 1] === 0xff;
}
