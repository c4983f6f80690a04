// Means over similar places of a picture (non-local means, Buades et al. 2005): places are compared by small patches of
// a pilot picture, values are averaged as they are. Each pair of places is compared once and serves both. Differences
// and weights are whole numbers of 16 bits, eight at a time; only what is averaged is a float.
#include "kernels.h"

// Rows that are worked on at a time: their sums stay in the second-level cache.
enum { BLOCK = 64 };
enum { MOST_RADIUS = 4 };
enum { LANES = 8 };

#define INLINE static inline __attribute__((always_inline))

typedef int16_t s8 __attribute__((vector_size(16)));
typedef uint16_t u8 __attribute__((vector_size(16)));
typedef signed char c16 __attribute__((vector_size(16)));

INLINE s8 load8(const void *p) {
  s8 v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
INLINE void store8(void *p, s8 v) { __builtin_memcpy(p, &v, sizeof v); }
INLINE s8 splat8(int x) {
  const int16_t v = (int16_t)x;
  return (s8){v, v, v, v, v, v, v, v};
}

// Natural logarithm of positive numbers; relative error below 1e-6. The same operations on every processor.
static inline f4 log4(f4 v) {
  const i4 bits = (i4)v, shifted = bits - 0x3f3504f3;  // mantissas from sqrt(1/2) to sqrt(2)
  const i4 exponent = shifted >> 23;
  const f4 m = (f4)(bits - (exponent << 23));
  const f4 t = (m - splat(1)) / (m + splat(1)), s = t * t;
  const f4 series = splat(1) + s * (splat(1.f / 3) + s * (splat(.2f) + s * splat(1.f / 7)));
  return __builtin_convertvector(exponent, f4) * splat(.69314718f) + t * series * splat(2);
}

// Sums of squared differences, each at most `most`, of n places of two rows over 2·radius + 1 places `step` apart; up to
// LANES - 1 more are read and written. The edge is repeated. `line` has room for n + 2·radius·step + 2·LANES numbers.
INLINE void row_sums(const int16_t *a, const int16_t *b, int n, int radius, int step, int most, uint16_t *restrict line,
                     uint16_t *restrict sums) {
  const int reach = radius * step;
  uint16_t *middle = line + reach;
  for (int i = 0; i < n; i += LANES) {
    s8 d = __builtin_elementwise_abs(load8(a + i) - load8(b + i));
    d = __builtin_elementwise_min(d, splat8(most));
    store8(middle + i, d * d);
  }
  for (int k = 0; k < reach; k++) {
    line[k] = middle[0];
    middle[n + k] = middle[n - 1];
  }
  for (int i = 0; i < n; i += LANES) {
    s8 sum = load8(line + i);
    for (int k = 1; k <= 2 * radius; k++) sum += load8(line + i + k * step);
    store8(sums + i, sum);
  }
}

// What says how alike places are and how their weights are scaled.
typedef struct {
  int radius, step_x, step_y;
  int most;   // no place of a patch differs by more
  int cut;    // patches whose sum of squares is this or more count nothing; below 2^15
  int shift;  // brings `cut` to 15 bits
  int drop;   // brings weights of 15 bits to as many as their sums of 16 bits allow
} Likeness;

// Tukey's biweight (1 - sum/cut)² as a whole number.
INLINE s8 weights_of(s8 sum, const Likeness *like) {
  const s8 t = (s8)__builtin_elementwise_sub_sat((u8)splat8(like->cut), (u8)sum) << (int16_t)like->shift;
  const s8 w = __builtin_wasm_q15mulr_sat_s_i16x8(t, t);
  return like->drop == 0 ? w : (w + splat8(1 << (like->drop - 1))) >> (int16_t)like->drop;
}

INLINE void add8(float *sum, const float *values, f4 low, f4 high) {
  store4(sum, load4(sum) + low * load4(values));
  store4(sum + 4, load4(sum + 4) + high * load4(values + 4));
}

// One block of rows y0..y1 of a picture. Inlined for each radius, so that the sums over patches are unrolled.
INLINE void block_means(const int16_t *pilot, const float *values, const int16_t *mask, int nx, int ny,
                        const int32_t *offsets, int count, int radius, const Likeness *like, int y0, int y1,
                        float *restrict out, uint8_t *scratch) {
  const int rows = y1 - y0, reach = radius * like->step_y;
  int far = 0;
  for (int n = 0; n < count; n++) far = offsets[2 * n + 1] > far ? offsets[2 * n + 1] : far;
  // Sums of the rows that pairs of this block reach, y0 - far .. y1 + far; only y0..y1 are complete and wanted.
  const int held = rows + 2 * far;
  float *sum = (float *)scratch;
  uint16_t *weight = (uint16_t *)(sum + (size_t)held * nx + LANES);
  uint16_t *sums = weight + (size_t)held * nx + LANES;
  uint16_t *line = sums + (size_t)(rows + far + 2 * reach) * nx + LANES;
  __builtin_memset(scratch, 0, (size_t)((uint8_t *)sums - scratch));
  for (int n = 0; n < count; n++) {
    const int dx = offsets[2 * n], dy = offsets[2 * n + 1];
    const int x0 = dx < 0 ? -dx : 0, wide = nx - (dx < 0 ? -dx : dx), end = ny - dy;
    const int first = y0 - dy < 0 ? 0 : y0 - dy, last = y1 < end ? y1 : end;
    if (wide <= 0 || last <= first) continue;
    const int low = first - reach < 0 ? 0 : first - reach, high = last + reach > end ? end : last + reach;
    for (int y = low; y < high; y++) {
      const int16_t *a = pilot + (size_t)y * nx + x0;
      row_sums(a, a + (size_t)dy * nx + dx, wide, radius, like->step_x, like->most, line, sums + (size_t)(y - low) * nx);
    }
    const s8 lanes = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int y = first; y < last; y++) {
      const uint16_t *patch[2 * MOST_RADIUS + 1];
      for (int k = 0; k <= 2 * radius; k++)
        patch[k] = sums + (size_t)(clampi(y + (k - radius) * like->step_y, low, high - 1) - low) * nx;
      const size_t a = (size_t)y * nx + x0, b = a + (size_t)dy * nx + dx;
      const size_t here = (size_t)(y - y0 + far) * nx + x0, there = here + (size_t)dy * nx + dx;
      for (int i = 0; i < wide; i += LANES) {
        s8 total = load8(patch[0] + i);
        for (int k = 1; k <= 2 * radius; k++) total += load8(patch[k] + i);
        s8 w = weights_of(total, like);
        // Beyond the end of the row is the next one: nothing is added there.
        if (i + LANES > wide) w &= lanes < splat8(wide - i);
        if (!__builtin_wasm_any_true_v128((c16)w)) continue;
        const f4 left = __builtin_convertvector(__builtin_shufflevector(w, w, 0, 1, 2, 3), f4);
        const f4 right = __builtin_convertvector(__builtin_shufflevector(w, w, 4, 5, 6, 7), f4);
        store8(weight + here + i, load8(weight + here + i) + (w & load8(mask + b + i)));
        add8(sum + here + i, values + b + i, left, right);
        store8(weight + there + i, load8(weight + there + i) + (w & load8(mask + a + i)));
        add8(sum + there + i, values + a + i, left, right);
      }
    }
  }
  const float own = weights_of(splat8(0), like)[0];
  for (int y = 0; y < rows; y++) {
    const size_t from = (size_t)(y + far) * nx, at = (size_t)(y0 + y) * nx;
    for (int x = 0; x < nx; x += 4) {
      // At the end of a row the last four again: each place is written with the same value.
      const int i = x + 4 <= nx ? x : nx - 4;
      f4 all, total = load4(sum + from + i) + splat(own) * load4(values + at + i);
      for (int k = 0; k < 4; k++) all[k] = weight[from + i + k] + (mask[at + i + k] != 0 ? own : 0);
      const i4 known = all > splat(0);
      const f4 mean = total / (f4)(((i4)all & known) | ((i4)splat(1) & ~known));
      store4(out + at + i, (f4)((i4)log4(mean) & known));
    }
  }
}

// Logarithms of the means of `values` (positive inside of the mask, 0 outside; mask -1 or 0) over similar places of each
// picture; 0 where there is nothing to average. Pictures of nx × ny lie one behind the other; rows from..to of all.
// `offsets`: count pairs (dx, dy) of one half of the neighbourhood, dy ≥ 0. nx at least 4, radius at most MOST_RADIUS,
// (2·radius + 1)²·most² below 2^16.
EXPORT(similar_means)
void similar_means(const int16_t *pilot, const float *values, const int16_t *mask, int nx, int ny,
                   const int32_t *offsets, int count, int radius, int step_x, int step_y, int most, int cut, int shift,
                   int drop, int from, int to, float *restrict out, uint8_t *scratch) {
  const Likeness like = {radius, step_x, step_y, most, cut, shift, drop};
  for (int row = from; row < to;) {
    const int picture = row / ny, y0 = row % ny;
    int y1 = y0 + BLOCK < ny ? y0 + BLOCK : ny;
    if (y1 - y0 > to - row) y1 = y0 + to - row;
    const size_t at = (size_t)picture * nx * ny;
#define MEANS(r) \
  block_means(pilot + at, values + at, mask + at, nx, ny, offsets, count, r, &like, y0, y1, out + at, scratch)
    if (radius == 1) MEANS(1);
    else if (radius == 2) MEANS(2);
    else MEANS(radius);
#undef MEANS
    row += y1 - y0;
  }
}
