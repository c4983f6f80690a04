// Symmetric separable convolution with replicated edges: taps[0] is the centre, taps[t] weighs both neighbours at t.
// All three passes are sums of weighted lines; a line of output is kept in registers, 16 voxels at a time.
#include "kernels.h"

// out[0..n) = taps[0]·low[0] + Σ taps[t]·(low[t] + high[t]); low[0] is the centre line.
static inline void weigh(const float *const *low, const float *const *high, float *restrict out, int n,
                         const float *taps, int radius) {
  int x = 0;
  for (; x + 16 <= n; x += 16) {
    const float *c = low[0] + x;
    f4 w = splat(taps[0]);
    f4 a = load4(c) * w, b = load4(c + 4) * w, d = load4(c + 8) * w, e = load4(c + 12) * w;
    for (int t = 1; t <= radius; t++) {
      const float *p = low[t] + x, *q = high[t] + x;
      w = splat(taps[t]);
      a += (load4(p) + load4(q)) * w;
      b += (load4(p + 4) + load4(q + 4)) * w;
      d += (load4(p + 8) + load4(q + 8)) * w;
      e += (load4(p + 12) + load4(q + 12)) * w;
    }
    store4(out + x, a);
    store4(out + x + 4, b);
    store4(out + x + 8, d);
    store4(out + x + 12, e);
  }
  for (; x < n; x++) {
    float sum = low[0][x] * taps[0];
    for (int t = 1; t <= radius; t++) sum += (low[t][x] + high[t][x]) * taps[t];
    out[x] = sum;
  }
}

// Along x: `rows` lines of nx voxels; scratch holds 2·(radius+1) pointers and nx + 2·radius floats.
EXPORT(convolve_x)
void convolve_x(const float *in, float *restrict out, int nx, int rows, const float *taps, int radius, void *scratch) {
  const float **low = scratch, **high = low + radius + 1;
  float *padded = (float *)(high + radius + 1);
  for (int t = 0; t <= radius; t++) {
    low[t] = padded + radius - t;
    high[t] = padded + radius + t;
  }
  for (int row = 0; row < rows; row++) {
    const float *line = in + (size_t)row * nx;
    for (int i = 0; i < radius; i++) padded[i] = line[0];
    __builtin_memcpy(padded + radius, line, (size_t)nx * 4);
    for (int i = 0; i < radius; i++) padded[radius + nx + i] = line[nx - 1];
    weigh(low, high, out + (size_t)row * nx, nx, taps, radius);
  }
}

// Along y in one plane of ny rows, of which `in` holds those from `first` on; writes rows y0..y1.
EXPORT(convolve_y)
void convolve_y(const float *in, int first, int ny, float *restrict out, int y0, int y1, int nx, const float *taps,
                int radius, void *scratch) {
  const float **low = scratch, **high = low + radius + 1;
  for (int y = y0; y < y1; y++) {
    for (int t = 0; t <= radius; t++) {
      low[t] = in + (ptrdiff_t)(clampi(y - t, 0, ny - 1) - first) * nx;
      high[t] = in + (ptrdiff_t)(clampi(y + t, 0, ny - 1) - first) * nx;
    }
    weigh(low, high, out + (size_t)(y - y0) * nx, nx, taps, radius);
  }
}

// Across planes: `lines` holds the addresses of the planes z-radius..z+radius.
EXPORT(convolve_z)
void convolve_z(float *const *lines, float *restrict out, int n, const float *taps, int radius, void *scratch) {
  const float **low = scratch, **high = low + radius + 1;
  for (int from = 0; from < n; from += 4096) {
    const int count = n - from < 4096 ? n - from : 4096;
    for (int t = 0; t <= radius; t++) {
      low[t] = lines[radius - t] + from;
      high[t] = lines[radius + t] + from;
    }
    weigh(low, high, out + from, count, taps, radius);
  }
}

// Magnitude of the gradient in rows of one plane: central differences, one-sided at the edges, per mm.
// `below`, `here` and `above` hold `rows` rows; differences in y use the rows before and after. `inverse` are the
// reciprocals of the distances: x inside, x edge, then y and z of this plane's rows.
EXPORT(gradient_row)
void gradient_row(const float *here, const float *low_y, const float *high_y, const float *low_z, const float *high_z,
                  float *restrict out, int nx, float inner_x, float edge_x, float inverse_y, float inverse_z) {
  for (int x = 0; x < nx; x++) {
    const int a = x > 0 ? x - 1 : x, b = x < nx - 1 ? x + 1 : x;
    const float dx = (here[b] - here[a]) * (b - a == 2 ? inner_x : edge_x);
    const float dy = (high_y[x] - low_y[x]) * inverse_y;
    const float dz = (high_z[x] - low_z[x]) * inverse_z;
    out[x] = __builtin_sqrtf(dx * dx + dy * dy + dz * dz);
  }
}
