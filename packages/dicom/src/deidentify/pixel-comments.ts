import type { Fragments } from '../data/index.ts';

const SOI = 0xffd8;
const SOC = 0xff4f;

/** Segments that hold comments or what a camera wrote: COM and APP1 to APP13, APP15 of JPEG; COM of JPEG 2000. */
const isJpegComment = (marker: number) =>
  marker === 0xfffe || (marker >= 0xffe1 && marker <= 0xffed) || marker === 0xffef;
const isJpeg2000Comment = (marker: number) => marker === 0xff64;

/** Where the image data starts and no further segment of the header follows. */
const isStart = (marker: number) => marker === 0xffda || marker === 0xff90 || marker === 0xffd9;

/** Encapsulated frames without the comments in their headers; the same object where there are none. */
export function withoutComments(value: Fragments): Fragments {
  const fragments = value.fragments.map(strip);
  const same = fragments.every((fragment, index) => fragment === value.fragments[index]);
  // The offsets no longer hold; a table is optional (PS3.5 annex A.4).
  return same ? value : { offsetTable: new Uint8Array(0), fragments };
}

/** Application segments of JPEG-LS (APP8) carry how to undo its colour transform, so they stay there. */
function strip(fragment: Uint8Array): Uint8Array {
  const first = ((fragment[0] ?? 0) << 8) | (fragment[1] ?? 0);
  if (first !== SOI && first !== SOC) return fragment;
  const isComment = first === SOC ? isJpeg2000Comment : isJpegComment;
  const kept: Uint8Array[] = [];
  let from = 0;
  let at = 2;
  while (at + 4 <= fragment.length) {
    const marker = (fragment[at]! << 8) | fragment[at + 1]!;
    if (marker < 0xff00 || isStart(marker)) break;
    const end = at + 2 + ((fragment[at + 2]! << 8) | fragment[at + 3]!);
    if (end > fragment.length) break;
    if (isComment(marker) && !(marker === 0xffe8)) {
      kept.push(fragment.subarray(from, at));
      from = end;
    }
    at = end;
  }
  if (from === 0) return fragment;
  kept.push(fragment.subarray(from));
  const joined = Buffer.concat(kept);
  return joined.length % 2 === 0 ? joined : Buffer.concat([joined, Buffer.alloc(1)]);
}
