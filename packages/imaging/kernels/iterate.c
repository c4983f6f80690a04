// Arithmetic of iterative reconstruction on whole arrays. Sums are returned by piece of fixed length, so that they do not
// depend on how pieces are shared out.
#include "kernels.h"

// out = a·x + b·y of elements from..to; `out` may be x or y.
EXPORT(combine)
void combine(float *out, float a, const float *x, float b, const float *y, int from, int to) {
  int i = from;
  for (; i + 4 <= to; i += 4) store4(out + i, splat(a) * load4(x + i) + splat(b) * load4(y + i));
  for (; i < to; i++) out[i] = a * x[i] + b * y[i];
}

// sums[piece] = Σ x·y over the pieces from..to of `length` of n elements.
EXPORT(products)
void products(const float *x, const float *y, int n, int length, int from, int to, double *sums) {
  for (int piece = from; piece < to; piece++) {
    const int end = (piece + 1) * length < n ? (piece + 1) * length : n;
    double sum = 0;
    for (int i = piece * length; i < end; i++) sum += (double)x[i] * y[i];
    sums[piece] = sum;
  }
}

// x = z > least ? x / z : 0.
EXPORT(divide)
void divide(float *x, const float *z, float least, int from, int to) {
  for (int i = from; i < to; i++) x[i] = z[i] > least ? x[i] / z[i] : 0;
}

// x += a·y·(z > least ? 1 / z : 0), then not below `floor`.
EXPORT(divided_step)
void divided_step(float *x, float a, const float *y, const float *z, float least, float floor, int from, int to) {
  for (int i = from; i < to; i++) {
    const float step = z[i] > least ? a * y[i] / z[i] : 0, value = x[i] + step;
    x[i] = value < floor ? floor : value;
  }
}

// One over the length of the gradient by forward differences, 0 beyond the edges, of the rows y0..y1 of columns;
// sums[y] = Σ of the lengths.
EXPORT(variation_lengths)
void variation_lengths(const float *f, int nx, int ny, int nz, float least, int y0, int y1, float *restrict inverse, double *sums) {
  for (int y = y0; y < y1; y++) {
    double sum = 0;
    for (int x = 0; x < nx; x++) {
      const size_t at = (size_t)nz * (x + (size_t)nx * y);
      const float *p = f + at, *px = x + 1 < nx ? p + nz : p, *py = y + 1 < ny ? p + (size_t)nz * nx : p;
      for (int z = 0; z < nz; z++) {
        const float dx = px[z] - p[z], dy = py[z] - p[z], dz = z + 1 < nz ? p[z + 1] - p[z] : 0;
        const float length = __builtin_sqrtf(dx * dx + dy * dy + dz * dz + least);
        inverse[at + z] = 1 / length;
        sum += length;
      }
    }
    sums[y] = sum;
  }
}

// Gradient of the sum of those lengths; sums[y] = Σ of its squares.
EXPORT(variation_gradient)
void variation_gradient(const float *f, const float *inverse, int nx, int ny, int nz, int y0, int y1, float *restrict out, double *sums) {
  const size_t sx = nz, sy = (size_t)nz * nx;
  for (int y = y0; y < y1; y++) {
    double sum = 0;
    for (int x = 0; x < nx; x++) {
      const size_t at = (size_t)nz * (x + (size_t)nx * y);
      for (int z = 0; z < nz; z++) {
        const float *p = f + at + z, *i = inverse + at + z;
        const float here = p[0];
        float ahead = 0, behind = 0;
        if (x + 1 < nx) ahead += p[sx] - here;
        if (y + 1 < ny) ahead += p[sy] - here;
        if (z + 1 < nz) ahead += p[1] - here;
        if (x > 0) behind += (here - p[-(ptrdiff_t)sx]) * i[-(ptrdiff_t)sx];
        if (y > 0) behind += (here - p[-(ptrdiff_t)sy]) * i[-(ptrdiff_t)sy];
        if (z > 0) behind += (here - p[-1]) * i[-1];
        const float value = behind - ahead * i[0];
        out[at + z] = value;
        sum += (double)value * value;
      }
    }
    sums[y] = sum;
  }
}
