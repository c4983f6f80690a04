/** Capital letters, digits and signs on a 5×7 raster: seven rows of five bits each, as base-32 digits. */
const GLYPHS: Readonly<Record<string, string>> = {
  A: 'ehhvhhh',
  B: 'uhhuhhu',
  C: 'ehggghe',
  D: 'uhhhhhu',
  E: 'vgguggv',
  F: 'vgguggg',
  G: 'ehggjhf',
  H: 'hhhvhhh',
  I: 'e44444e',
  J: '72222ic',
  K: 'hikokih',
  L: 'ggggggv',
  M: 'hrllhhh',
  N: 'hhpljhh',
  O: 'ehhhhhe',
  P: 'uhhuggg',
  Q: 'ehhhlid',
  R: 'uhhukih',
  S: 'fgge11u',
  T: 'v444444',
  U: 'hhhhhhe',
  V: 'hhhhha4',
  W: 'hhhllla',
  X: 'hha4ahh',
  Y: 'hha4444',
  Z: 'v1248gv',
  0: 'ehjlphe',
  1: '4c4444e',
  2: 'eh1248v',
  3: 'v2421he',
  4: '26aiv22',
  5: 'vgu11he',
  6: '68guhhe',
  7: 'v124888',
  8: 'ehhehhe',
  9: 'ehhf12c',
  '.': '00000cc',
  ':': '0cc0cc0',
  '-': '000v000',
  '(': '2488842',
  ')': '8422248',
  '/': '01248g0',
};

const ADVANCE = 8;

/** Draws a line of text with its upper left corner at (x, y); characters that the font lacks stay blank. */
export function drawText(
  pixels: Uint8Array,
  width: number,
  x: number,
  y: number,
  text: string,
  value: number,
): void {
  [...text].forEach((character, position) => {
    [...(GLYPHS[character] ?? '')].forEach((digit, row) => {
      const bits = Number.parseInt(digit, 32);
      for (let column = 0; column < 5; column++) {
        if ((bits >> (4 - column)) & 1) pixels[x + position * ADVANCE + column + (y + row) * width] = value;
      }
    });
  });
}
