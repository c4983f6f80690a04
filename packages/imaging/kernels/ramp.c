// Filtering of projections along u, eight rows of the detector at a time: four as real parts and four as imaginary parts of
// one Fourier transform, which a real and even filter keeps apart.
#include "kernels.h"
#include <wasm_simd128.h>

typedef struct {
  f4 re, im;
} c4;

// Decimation in frequency: natural order in, bit-reversed order out. `turns` holds cos and sin of 2πn/N for n < N/2.
static void transform(c4 *x, int n, const float *turns) {
  for (int half = n / 2, stride = 1; half >= 1; half /= 2, stride *= 2)
    for (int block = 0; block < n; block += 2 * half) {
      c4 *a = x + block, *b = a + half;
      for (int j = 0; j < half; j++) {
        const f4 c = splat(turns[2 * j * stride]), s = splat(turns[2 * j * stride + 1]);
        const f4 re = a[j].re - b[j].re, im = a[j].im - b[j].im;
        a[j].re += b[j].re;
        a[j].im += b[j].im;
        b[j].re = re * c + im * s;
        b[j].im = im * c - re * s;
      }
    }
}

// Decimation in time, the inverse without 1/N: bit-reversed order in, natural order out.
static void back_transform(c4 *x, int n, const float *turns) {
  for (int half = 1, stride = n / 2; half < n; half *= 2, stride /= 2)
    for (int block = 0; block < n; block += 2 * half) {
      c4 *a = x + block, *b = a + half;
      for (int j = 0; j < half; j++) {
        const f4 c = splat(turns[2 * j * stride]), s = splat(turns[2 * j * stride + 1]);
        const f4 re = b[j].re * c - b[j].im * s, im = b[j].im * c + b[j].re * s;
        b[j].re = a[j].re - re;
        b[j].im = a[j].im - im;
        a[j].re += re;
        a[j].im += im;
      }
    }
}

// Filters the views from..to in place. A value is first multiplied by weights[view][u] and, where `far` is given, by
// far[u] / √(far[u]² + v²), the slant of its ray along the axis; v = v0[view] + dv·row. `response` holds the n values of the
// filter in bit-reversed order, 1/n included. `taper` holds the factors by which a row goes on beyond both of its ends,
// `beyond` of them. Scratch: 8·n floats.
EXPORT(filter_views)
void filter_views(float *projections, const float *weights, const float *far, const double *v0, double dv, int nu, int nv,
                  int n, const float *response, const float *turns, const float *taper, int beyond, int from, int to,
                  float *scratch) {
  c4 *x = (c4 *)scratch;
  const f4 lane = {0, 1, 2, 3};
  for (int view = from; view < to; view++)
    for (int row = 0; row < nv; row += 8) {
      float *p = projections + (size_t)nv * nu * view + row;
      const int both = row + 4 < nv;
      const f4 v = splat((float)(v0[view] + dv * row)) + splat((float)dv) * lane, w = v + splat((float)(4 * dv));
      for (int u = 0; u < n; u++) x[u] = (c4){splat(0), splat(0)};
      for (int u = 0; u < nu; u++) {
        const f4 weight = splat(weights[(size_t)nu * view + u]);
        f4 re = load4(p + (size_t)nv * u) * weight, im = both ? load4(p + (size_t)nv * u + 4) * weight : splat(0);
        if (far) {
          const f4 d = splat(far[u]);
          re *= d / (f4)wasm_f32x4_sqrt((v128_t)(d * d + v * v));
          im *= d / (f4)wasm_f32x4_sqrt((v128_t)(d * d + w * w));
        }
        x[beyond + u].re = re;
        x[beyond + u].im = im;
      }
      const c4 first = x[beyond], last = x[beyond + nu - 1];
      for (int e = 0; e < beyond; e++) {
        const f4 t = splat(taper[e]);
        x[beyond - 1 - e] = (c4){first.re * t, first.im * t};
        x[beyond + nu + e] = (c4){last.re * t, last.im * t};
      }
      transform(x, n, turns);
      for (int k = 0; k < n; k++) {
        const f4 h = splat(response[k]);
        x[k].re *= h;
        x[k].im *= h;
      }
      back_transform(x, n, turns);
      for (int u = 0; u < nu; u++) {
        const float *re = (const float *)&x[beyond + u].re, *im = (const float *)&x[beyond + u].im;
        const int rows = nv - row < 8 ? nv - row : 8;
        float *q = p + (size_t)nv * u;
        for (int k = 0; k < rows; k++) q[k] = k < 4 ? re[k] : im[k - 4];
      }
    }
}
