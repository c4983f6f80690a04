import { describe, expect, it } from 'vitest';
import { noise } from '../test-support.ts';
import { complexImage, fourierPlan, transformCentered } from './fft.ts';

const signal = (length: number) => ({
  re: Float64Array.from({ length }, (_, n) => (noise(n) % 1000) / 1000 - 0.5),
  im: Float64Array.from({ length }, (_, n) => (noise(n, 2) % 1000) / 1000 - 0.5),
});

describe('Fourier transforms', () => {
  // A prime beyond the direct factors, products of small primes, powers of two, one.
  it.each([1, 2, 3, 8, 30, 64, 97, 134, 180, 230])(
    'of length %i are what their definition says',
    (length) => {
      const { re, im } = signal(length);
      const [foundRe, foundIm] = [Float64Array.from(re), Float64Array.from(im)];
      fourierPlan(length).transform(foundRe, foundIm, false);
      for (let k = 0; k < length; k += 7) {
        let [sumRe, sumIm] = [0, 0];
        for (let n = 0; n < length; n++) {
          const angle = (-2 * Math.PI * ((k * n) % length)) / length;
          sumRe += re[n]! * Math.cos(angle) - im[n]! * Math.sin(angle);
          sumIm += re[n]! * Math.sin(angle) + im[n]! * Math.cos(angle);
        }
        expect(foundRe[k]).toBeCloseTo(sumRe / Math.sqrt(length), 10);
        expect(foundIm[k]).toBeCloseTo(sumIm / Math.sqrt(length), 10);
      }
      fourierPlan(length).transform(foundRe, foundIm, true);
      for (let n = 0; n < length; n++) {
        expect(foundRe[n]).toBeCloseTo(re[n]!, 10);
        expect(foundIm[n]).toBeCloseTo(im[n]!, 10);
      }
    },
  );

  it('of a picture put frequency 0 in the middle', () => {
    const image = complexImage(9, 14);
    image.re.fill(1);
    transformCentered(image, false);
    expect(image.re[4 + 9 * 7]).toBeCloseTo(Math.sqrt(9 * 14), 10);
    expect(image.re.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(9 * 14, 8);
    transformCentered(image, true);
    expect(image.re[5]).toBeCloseTo(1, 10);
  });
});
