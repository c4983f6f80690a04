/** sRGB, 0 to 255. */
export type Rgb = readonly [number, number, number];
/** Recommended Display CIELab Value (0062,000D): L 0…100 and a, b −128…127 scaled to 0…65535 (PS3.3 C.10.7.1.1). */
export type CieLab16 = readonly [number, number, number];

/**
 * White point of sRGB (D65). The standard speaks of the D50 profile connection space, but dcmjs, highdicom and the
 * viewers that read these values use D65 on both ways; with D50 their colours would be off.
 */
const WHITE = [0.950489, 1, 1.08884] as const;
const EPSILON = 216 / 24389;
const KAPPA = 24389 / 27;

const toLinear = (channel: number) => {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
};
const fromLinear = (c: number) => {
  const v = c <= 0.0031308 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055;
  return Math.min(255, Math.max(0, Math.round(v * 255)));
};
const forward = (t: number) => (t > EPSILON ? Math.cbrt(t) : (KAPPA * t + 16) / 116);
const backward = (f: number) => (f ** 3 > EPSILON ? f ** 3 : (116 * f - 16) / KAPPA);
const clamp16 = (v: number) => Math.min(65535, Math.max(0, Math.round(v)));

/** sRGB to the scaled CIELab triple of (0062,000D). */
export function rgbToCieLab([red, green, blue]: Rgb): CieLab16 {
  const [r, g, b] = [toLinear(red), toLinear(green), toLinear(blue)];
  const x = forward((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE[0]);
  const y = forward((0.2126729 * r + 0.7151522 * g + 0.072175 * b) / WHITE[1]);
  const z = forward((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE[2]);
  const lightness = 116 * y - 16;
  return [
    clamp16((lightness * 65535) / 100),
    clamp16(((500 * (x - y) + 128) * 65535) / 255),
    clamp16(((200 * (y - z) + 128) * 65535) / 255),
  ];
}

/** The scaled CIELab triple to sRGB. */
export function cieLabToRgb([l16, a16, b16]: CieLab16): Rgb {
  const lightness = (l16 * 100) / 65535;
  const a = (a16 * 255) / 65535 - 128;
  const b = (b16 * 255) / 65535 - 128;
  const fy = (lightness + 16) / 116;
  const x = WHITE[0] * backward(fy + a / 500);
  const y = WHITE[1] * backward(fy);
  const z = WHITE[2] * backward(fy - b / 200);
  return [
    fromLinear(3.2404542 * x - 1.5371385 * y - 0.4985314 * z),
    fromLinear(-0.969266 * x + 1.8760108 * y + 0.041556 * z),
    fromLinear(0.0556434 * x - 0.2040259 * y + 1.0572252 * z),
  ];
}
