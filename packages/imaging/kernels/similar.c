// Means over similar places of a picture (non-local means, Buades et al. 2005): places are compared by small patches of
// a pilot picture, values are averaged as they are. Each pair of places is compared once and serves both.
#include "kernels.h"

// Rows that are worked on at a time: their sums stay in the second-level cache.
enum { BLOCK = 64 };
enum { MOST_RADIUS = 4 };

#define INLINE static inline __attribute__((always_inline))

// Natural logarithm of positive numbers; relative error below 1e-6. The same operations on every processor.
static inline f4 log4(f4 v) {
  const i4 bits = (i4)v, shifted = bits - 0x3f3504f3;  // mantissas from sqrt(1/2) to sqrt(2)
  const i4 exponent = shifted >> 23;
  const f4 m = (f4)(bits - (exponent << 23));
  const f4 t = (m - splat(1)) / (m + splat(1)), s = t * t;
  const f4 series = splat(1) + s * (splat(1.f / 3) + s * (splat(.2f) + s * splat(1.f / 7)));
  return __builtin_convertvector(exponent, f4) * splat(.69314718f) + t * series * splat(2);
}

// Sums of squared differences, each at most `most`, of row y and row y + dy, dx further on, over 2·radius + 1 places `step` apart, into
// sums[x0..x1); `line` has room for nx + 2·radius·step + 4 floats.
INLINE void row_sums(const float *a, const float *b, int x0, int x1, int radius, int step, float most,
                     float *restrict line, float *restrict sums) {
  const int reach = radius * step, n = x1 - x0;
  float *middle = line + reach;
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const f4 d = load4(a + x0 + i) - load4(b + x0 + i);
    store4(middle + i, __builtin_wasm_pmin_f32x4(d * d, splat(most)));
  }
  for (; i < n; i++) {
    const float d = a[x0 + i] - b[x0 + i];
    middle[i] = d * d > most ? most : d * d;
  }
  for (int k = 0; k < reach; k++) {
    line[k] = middle[0];
    middle[n + k] = middle[n - 1];
  }
  i = 0;
  for (; i + 4 <= n; i += 4) {
    f4 sum = load4(line + i);
    for (int k = 1; k <= 2 * radius; k++) sum += load4(line + i + k * step);
    store4(sums + x0 + i, sum);
  }
  for (; i < n; i++) {
    float sum = line[i];
    for (int k = 1; k <= 2 * radius; k++) sum += line[i + k * step];
    sums[x0 + i] = sum;
  }
}

// Adds w·values and w·mask of one row to the sums of another.
static inline void add_row(const float *w, const float *values, const float *mask, float *restrict sum,
                           float *restrict weight, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const f4 v = load4(w + i);
    store4(sum + i, load4(sum + i) + v * load4(values + i));
    store4(weight + i, load4(weight + i) + v * load4(mask + i));
  }
  for (; i < n; i++) {
    sum[i] += w[i] * values[i];
    weight[i] += w[i] * mask[i];
  }
}

// Tukey's biweight of the mean squared difference, nothing beyond the cut: of the sums of rows `reach` above to `reach`
// below y, `step` apart, held from low to high, into w[x0..x1).
INLINE void row_weights(const float *sums, int nx, int y, int low, int high, int radius, int step, float inverse, int x0,
                        int x1, float *restrict w) {
  const float *rows[2 * MOST_RADIUS + 1];
  for (int k = 0; k <= 2 * radius; k++)
    rows[k] = sums + (size_t)(clampi(y + (k - radius) * step, low, high - 1) - low) * nx;
  int x = x0;
  for (; x + 4 <= x1; x += 4) {
    f4 sum = load4(rows[0] + x);
    for (int k = 1; k <= 2 * radius; k++) sum += load4(rows[k] + x);
    f4 t = splat(1) - sum * splat(inverse);
    t = (f4)((i4)t & (t > splat(0)));
    store4(w + x, t * t);
  }
  for (; x < x1; x++) {
    float sum = rows[0][x];
    for (int k = 1; k <= 2 * radius; k++) sum += rows[k][x];
    const float t = 1 - sum * inverse;
    w[x] = t > 0 ? t * t : 0;
  }
}

// One block of rows y0..y1 of a picture. Inlined for each radius, so that the sums over patches are unrolled.
INLINE void block_means(const float *pilot, const float *values, const float *mask, int nx, int ny, const int32_t *offsets,
                        int count, int radius, int step_x, int step_y, float inverse, float most, float own, int y0,
                        int y1, float *restrict out, float *scratch) {
  const int rows = y1 - y0, reach = radius * step_y;
  int far = 0;
  for (int n = 0; n < count; n++) far = offsets[2 * n + 1] > far ? offsets[2 * n + 1] : far;
  // Sums of the rows that pairs of this block reach, y0 - far .. y1 + far; only y0..y1 are complete and wanted.
  const int held = rows + 2 * far;
  float *sum = scratch, *weight = sum + (size_t)held * nx;
  float *sums = weight + (size_t)held * nx;
  float *w = sums + (size_t)(rows + far + 2 * reach) * nx, *line = w + nx + 4;
  for (size_t i = 0; i < (size_t)2 * held * nx; i++) sum[i] = 0;
  for (int n = 0; n < count; n++) {
    const int dx = offsets[2 * n], dy = offsets[2 * n + 1];
    const int x0 = dx < 0 ? -dx : 0, x1 = dx > 0 ? nx - dx : nx, end = ny - dy;
    const int first = y0 - dy < 0 ? 0 : y0 - dy, last = y1 < end ? y1 : end;
    if (x1 <= x0 || last <= first) continue;
    const int low = first - reach < 0 ? 0 : first - reach, high = last + reach > end ? end : last + reach;
    for (int y = low; y < high; y++) {
      row_sums(pilot + (size_t)y * nx, pilot + (size_t)(y + dy) * nx + dx, x0, x1, radius, step_x, most, line,
               sums + (size_t)(y - low) * nx);
    }
    for (int y = first; y < last; y++) {
      row_weights(sums, nx, y, low, high, radius, step_y, inverse, x0, x1, w);
      const size_t here = (size_t)(y - y0 + far) * nx, there = here + (size_t)dy * nx + dx;
      const size_t a = (size_t)y * nx, b = a + (size_t)dy * nx + dx;
      add_row(w + x0, values + b + x0, mask + b + x0, sum + here + x0, weight + here + x0, x1 - x0);
      add_row(w + x0, values + a + x0, mask + a + x0, sum + there + x0, weight + there + x0, x1 - x0);
    }
  }
  for (int y = 0; y < rows; y++) {
    const size_t from = (size_t)(y + far) * nx, at = (size_t)(y0 + y) * nx;
    for (int x = 0; x < nx; x += 4) {
      // At the end of a row the last four again: each place is written with the same value.
      const int i = x + 4 <= nx ? x : nx - 4;
      const f4 m = load4(mask + at + i) * splat(own);
      const f4 total = load4(sum + from + i) + splat(own) * load4(values + at + i);
      const f4 all = load4(weight + from + i) + m;
      const i4 known = all > splat(0);
      const f4 mean = total / (f4)(((i4)all & known) | ((i4)splat(1) & ~known));
      store4(out + at + i, (f4)((i4)log4(mean) & known));
    }
  }
}

// Logarithms of the means of `values` (positive inside of the mask, 0 outside; mask 1 or 0) over similar places of each
// picture; 0 where there is nothing to average. Pictures of nx × ny lie one behind the other; rows from..to of all.
// `offsets`: count pairs (dx, dy) of one half of the neighbourhood, dy ≥ 0. nx at least 4, radius at most MOST_RADIUS.
EXPORT(similar_means)
void similar_means(const float *pilot, const float *values, const float *mask, int nx, int ny, const int32_t *offsets,
                   int count, int radius, int step_x, int step_y, float inverse, float most, float own, int from,
                   int to, float *restrict out, float *scratch) {
  for (int row = from; row < to;) {
    const int picture = row / ny, y0 = row % ny;
    int y1 = y0 + BLOCK < ny ? y0 + BLOCK : ny;
    if (y1 - y0 > to - row) y1 = y0 + to - row;
    const size_t at = (size_t)picture * nx * ny;
#define MEANS(r) \
  block_means(pilot + at, values + at, mask + at, nx, ny, offsets, count, r, step_x, step_y, inverse, most, own, y0, y1, \
              out + at, scratch)
    if (radius == 1) MEANS(1);
    else if (radius == 2) MEANS(2);
    else MEANS(radius);
#undef MEANS
    row += y1 - y0;
  }
}
