// Values of a source volume at the points of a tile of the target. The source is a box of the whole volume, as floats
// (nearest: raw elements); positions are in voxels of the whole source volume.
#include "kernels.h"

enum { NEAREST, LINEAR, CUBIC };

// The layout is known to src/pool/layout.ts.
typedef struct {
  double affine[12];    // target voxel → source voxel
  double to_field[12];  // target voxel → voxel of the displacement field
  double from_mm[9];    // displacement in LPS mm → source voxels
  int32_t size[3];      // the whole source
  int32_t start[3];     // the box of it that is here
  int32_t box[3];
  int32_t field_size[3];
  int32_t field_start[3];
  int32_t field_box[3];
  int32_t tile_start[3];
  int32_t tile[3];
  int32_t mode, element_bytes, has_field;
  void *source;
  float *field;
  void *target;     // already holds the value for points outside
  double *scratch;  // 3 · tile[0] doubles
} Job;

// Points this far (in voxels) beyond the outer faces still count as inside: rounding of matrices.
#define FACE 0.500001

static inline double floor_(double v) { return __builtin_floor(v); }

static inline int inside(const Job *j, double x, double y, double z) {
  return x >= -FACE && y >= -FACE && z >= -FACE && x <= j->size[0] - 1 + FACE && y <= j->size[1] - 1 + FACE &&
         z <= j->size[2] - 1 + FACE;
}

// Lower neighbour and weight of the upper one along an axis of n voxels; beyond the ends the edge is kept.
static inline int split(double p, int n, float *upper) {
  if (n == 1 || p <= 0) {
    *upper = 0;
    return 0;
  }
  if (p >= n - 1) {
    *upper = 1;
    return n - 2;
  }
  const int i = (int)p;
  *upper = (float)(p - i);
  return i;
}

static inline float linear_at(const Job *j, const float *s, double x, double y, double z) {
  float fx, fy, fz;
  const int i = split(x, j->size[0], &fx) - j->start[0];
  const int k = split(y, j->size[1], &fy) - j->start[1];
  const int l = split(z, j->size[2], &fz) - j->start[2];
  const int di = j->size[0] > 1, dj = j->size[1] > 1 ? j->box[0] : 0;
  const ptrdiff_t dk = j->size[2] > 1 ? (ptrdiff_t)j->box[0] * j->box[1] : 0;
  const float *q = s + i + (ptrdiff_t)j->box[0] * k + (ptrdiff_t)j->box[0] * j->box[1] * l;
  const float *r = q + dk;
  const float gx = 1 - fx, gy = 1 - fy, gz = 1 - fz;
  const float c00 = q[0] * gx + q[di] * fx, c10 = q[dj] * gx + q[dj + di] * fx;
  const float c01 = r[0] * gx + r[di] * fx, c11 = r[dj] * gx + r[dj + di] * fx;
  return (c00 * gy + c10 * fy) * gz + (c01 * gy + c11 * fy) * fz;
}

// Weights of the cubic B-spline at base-1..base+2 for the fraction f.
static inline f4 spline_weights(float f) {
  const float g = 1 - f, f2 = f * f, f3 = f2 * f;
  return (f4){g * g * g, 3 * f3 - 6 * f2 + 4, -3 * f3 + 3 * f2 + 3 * f + 1, f3} * splat(1.0f / 6.0f);
}

// Whole-sample mirror of an index.
static inline int mirror(int i, int n) {
  if (n == 1) return 0;
  const int period = 2 * (n - 1);
  i = i < 0 ? -i : i;
  i %= period;
  return i < n ? i : period - i;
}

static float cubic_at(const Job *j, const float *s, double x, double y, double z) {
  const double p[3] = {x, y, z};
  int base[3];
  f4 w[3];
  int interior = 1;
  for (int a = 0; a < 3; a++) {
    const int n = j->size[a];
    const double v = p[a] < 0 ? 0 : p[a] > n - 1 ? n - 1 : p[a];
    base[a] = (int)floor_(v);
    w[a] = spline_weights((float)(v - base[a]));
    interior &= base[a] >= 1 && base[a] + 2 < n;
  }
  const int bx = j->box[0];
  const ptrdiff_t plane = (ptrdiff_t)bx * j->box[1];
  f4 sum = splat(0);
  if (interior) {
    const float *q = s + (base[0] - 1 - j->start[0]) + (ptrdiff_t)bx * (base[1] - 1 - j->start[1]) +
                     plane * (base[2] - 1 - j->start[2]);
    for (int c = 0; c < 4; c++) {
      const float *r = q + plane * c;
      const f4 rows = load4(r) * splat(w[1][0]) + load4(r + bx) * splat(w[1][1]) +
                      load4(r + 2 * bx) * splat(w[1][2]) + load4(r + 3 * bx) * splat(w[1][3]);
      sum += rows * splat(w[2][c]);
    }
  } else {
    int ix[4];
    for (int a = 0; a < 4; a++) ix[a] = mirror(base[0] - 1 + a, j->size[0]) - j->start[0];
    for (int c = 0; c < 4; c++) {
      f4 rows = splat(0);
      for (int b = 0; b < 4; b++) {
        const float *r = s + plane * (mirror(base[2] - 1 + c, j->size[2]) - j->start[2]) +
                         (ptrdiff_t)bx * (mirror(base[1] - 1 + b, j->size[1]) - j->start[1]);
        rows += (f4){r[ix[0]], r[ix[1]], r[ix[2]], r[ix[3]]} * splat(w[1][b]);
      }
      sum += rows * splat(w[2][c]);
    }
  }
  const f4 weighted = sum * w[0];
  return (weighted[0] + weighted[1]) + (weighted[2] + weighted[3]);
}

static void displace(const Job *j, int count, double *px, double *py, double *pz, int y, int z) {
  const double *m = j->to_field, *l = j->from_mm;
  const int *n = j->field_size;
  const int fx = j->field_box[0];
  const ptrdiff_t plane = (ptrdiff_t)fx * j->field_box[1];
  for (int x = 0; x < count; x++) {
    const double tx = j->tile_start[0] + x;
    const double p[3] = {m[0] * tx + m[1] * y + m[2] * z + m[3], m[4] * tx + m[5] * y + m[6] * z + m[7],
                         m[8] * tx + m[9] * y + m[10] * z + m[11]};
    int base[3];
    float f[3];
    int within = 1;
    for (int a = 0; a < 3; a++) {
      within &= p[a] >= -FACE && p[a] <= n[a] - 1 + FACE;
      base[a] = split(p[a], n[a], &f[a]) - j->field_start[a];
    }
    if (!within) continue;
    const int di = n[0] > 1 ? 3 : 0, dj = n[1] > 1 ? 3 * fx : 0;
    const ptrdiff_t dk = n[2] > 1 ? 3 * plane : 0;
    const float *q = j->field + 3 * (base[0] + (ptrdiff_t)fx * base[1] + plane * base[2]);
    double u[3];
    for (int c = 0; c < 3; c++, q++) {
      const float *r = q + dk;
      const double c00 = q[0] + (double)(q[di] - q[0]) * f[0], c10 = q[dj] + (double)(q[dj + di] - q[dj]) * f[0];
      const double c01 = r[0] + (double)(r[di] - r[0]) * f[0], c11 = r[dj] + (double)(r[dj + di] - r[dj]) * f[0];
      const double c0 = c00 + (c10 - c00) * f[1], c1 = c01 + (c11 - c01) * f[1];
      u[c] = c0 + (c1 - c0) * f[2];
    }
    px[x] += l[0] * u[0] + l[1] * u[1] + l[2] * u[2];
    py[x] += l[3] * u[0] + l[4] * u[1] + l[5] * u[2];
    pz[x] += l[6] * u[0] + l[7] * u[1] + l[8] * u[2];
  }
}

// Trilinear values of 4 points whose lower neighbours all lie inside.
static inline f4 linear4(const float *s, i4 offset, int bx, ptrdiff_t plane, f4 fx, f4 fy, f4 fz) {
  const f4 gx = splat(1) - fx, gy = splat(1) - fy, gz = splat(1) - fz;
  const float *q0 = s + offset[0], *q1 = s + offset[1], *q2 = s + offset[2], *q3 = s + offset[3];
#define ROW(d)                                                                                            \
  ({                                                                                                      \
    const f4 a = __builtin_shufflevector(load2(q0 + (d)), load2(q1 + (d)), 0, 1, 2, 3);                   \
    const f4 b = __builtin_shufflevector(load2(q2 + (d)), load2(q3 + (d)), 0, 1, 2, 3);                   \
    __builtin_shufflevector(a, b, 0, 2, 4, 6) * gx + __builtin_shufflevector(a, b, 1, 3, 5, 7) * fx;      \
  })
  const f4 c00 = ROW(0), c10 = ROW(bx), c01 = ROW(plane), c11 = ROW(plane + bx);
#undef ROW
  return (c00 * gy + c10 * fy) * gz + (c01 * gy + c11 * fy) * fz;
}

#define BLOCK 16

// Linear interpolation at BLOCK points p + t·step: within a block positions are kept relative to its first point, so
// that single precision errs by less than 2e-6 voxel for steps near 1. The caller has checked that all lower
// neighbours lie inside.
static inline void linear_block(const float *s, int bx, ptrdiff_t plane, const double *p, const double *step,
                                float *restrict out) {
  const double wx = floor_(p[0]), wy = floor_(p[1]), wz = floor_(p[2]);
  const float ox = (float)(p[0] - wx), oy = (float)(p[1] - wy), oz = (float)(p[2] - wz);
  const float sx = (float)step[0], sy = (float)step[1], sz = (float)step[2];
  const float *base = s + (int)wx + (ptrdiff_t)bx * (int)wy + plane * (int)wz;
  for (int t = 0; t < BLOCK; t += 4) {
    const f4 at = {t, t + 1, t + 2, t + 3};
    const f4 x = splat(ox) + at * splat(sx), y = splat(oy) + at * splat(sy), z = splat(oz) + at * splat(sz);
    const f4 rx = __builtin_elementwise_floor(x), ry = __builtin_elementwise_floor(y),
             rz = __builtin_elementwise_floor(z);
    const i4 ix = __builtin_convertvector(rx, i4), iy = __builtin_convertvector(ry, i4),
             iz = __builtin_convertvector(rz, i4);
    const i4 offset = ix + iy * bx + iz * (int)plane;
    store4(out + t, linear4(base, offset, bx, plane, x - rx, y - ry, z - rz));
  }
}

// True when both ends of the block (and so all of it) have lower neighbours 0..n-2 along every axis, with room for
// single-precision rounding.
static inline int block_inside(const int32_t *size, const double *p, const double *step) {
  const double slack = 1e-4;
  for (int a = 0; a < 3; a++) {
    const double last = p[a] + step[a] * (BLOCK - 1);
    if (p[a] < slack || last < slack || p[a] > size[a] - 1 - slack || last > size[a] - 1 - slack) return 0;
  }
  return 1;
}

static void linear_row(const Job *j, const double *p, const double *step, float *restrict out) {
  const float *s = j->source;
  const int n = j->tile[0], bx = j->box[0];
  const ptrdiff_t plane = (ptrdiff_t)bx * j->box[1];
  int x = 0;
  while (x < n) {
    const double q[3] = {p[0] + step[0] * x, p[1] + step[1] * x, p[2] + step[2] * x};
    if (x + BLOCK <= n && block_inside(j->size, q, step)) {
      const double local[3] = {q[0] - j->start[0], q[1] - j->start[1], q[2] - j->start[2]};
      linear_block(s, bx, plane, local, step, out + x);
      x += BLOCK;
      continue;
    }
    const int end = x + BLOCK < n ? x + BLOCK : n;
    for (; x < end; x++) {
      const double a = p[0] + step[0] * x, b = p[1] + step[1] * x, c = p[2] + step[2] * x;
      if (inside(j, a, b, c)) out[x] = linear_at(j, s, a, b, c);
    }
  }
}

#define NEAREST_ROW(T)                                                                                         \
  {                                                                                                            \
    const T *s = j->source;                                                                                    \
    T *o = (T *)j->target + (size_t)row * n;                                                                   \
    for (int x = 0; x < n; x++) {                                                                              \
      if (!inside(j, px[x], py[x], pz[x])) continue;                                                           \
      const int a = clampi((int)floor_(px[x] + 0.5), 0, j->size[0] - 1) - j->start[0];                         \
      const int b = clampi((int)floor_(py[x] + 0.5), 0, j->size[1] - 1) - j->start[1];                         \
      const int c = clampi((int)floor_(pz[x] + 0.5), 0, j->size[2] - 1) - j->start[2];                         \
      o[x] = s[a + (ptrdiff_t)j->box[0] * (b + (ptrdiff_t)j->box[1] * c)];                                     \
    }                                                                                                          \
  }                                                                                                            \
  break

EXPORT(resample_tile)
void resample_tile(const Job *j) {
  const int n = j->tile[0];
  const double *m = j->affine;
  double *px = j->scratch, *py = px + n, *pz = py + n;
  int row = 0;
  for (int tz = 0; tz < j->tile[2]; tz++) {
    for (int ty = 0; ty < j->tile[1]; ty++, row++) {
      const int x0 = j->tile_start[0], y = j->tile_start[1] + ty, z = j->tile_start[2] + tz;
      const double p[3] = {m[0] * x0 + m[1] * y + m[2] * z + m[3], m[4] * x0 + m[5] * y + m[6] * z + m[7],
                           m[8] * x0 + m[9] * y + m[10] * z + m[11]};
      const double step[3] = {m[0], m[4], m[8]};
      if (j->mode == LINEAR && !j->has_field) {
        linear_row(j, p, step, (float *)j->target + (size_t)row * n);
        continue;
      }
      for (int x = 0; x < n; x++) {
        px[x] = p[0] + step[0] * x;
        py[x] = p[1] + step[1] * x;
        pz[x] = p[2] + step[2] * x;
      }
      if (j->has_field) displace(j, n, px, py, pz, y, z);
      if (j->mode == NEAREST) {
        switch (j->element_bytes) {
          case 1: NEAREST_ROW(uint8_t);
          case 2: NEAREST_ROW(uint16_t);
          case 4: NEAREST_ROW(uint32_t);
          case 8: NEAREST_ROW(uint64_t);
        }
        continue;
      }
      float *o = (float *)j->target + (size_t)row * n;
      for (int x = 0; x < n; x++) {
        if (!inside(j, px[x], py[x], pz[x])) continue;
        o[x] = j->mode == LINEAR ? linear_at(j, j->source, px[x], py[x], pz[x])
                                 : cubic_at(j, j->source, px[x], py[x], pz[x]);
      }
    }
  }
}

// Cubic B-spline coefficients of lines, in place (Unser 1999), whole-sample mirror at both ends. Neighbouring lines
// are `step` apart and are filtered `width` at a time along contiguous memory.
EXPORT(spline_lines)
void spline_lines(float *data, int lines, int step, int n, int stride) {
  if (n == 1) return;
  const float z = -0.26794919243112270647f;  // √3 − 2
  // Terms of the starting sum below single precision are left out.
  const int horizon = n < 28 ? n : 28;
  for (int line = 0; line < lines; line++) {
    float *d = data + (size_t)line * step;
    double sum = d[0], power = z;
    if (n <= horizon) {
      // Exact for the mirrored, periodic signal of short lines.
      double back = 1;
      for (int i = 1; i < n; i++) back *= z;
      const double full = back * back;
      double high = full / z;
      for (int i = 1; i < n - 1; i++) {
        sum += d[(size_t)i * stride] * (power + high);
        power *= z;
        high /= z;
      }
      sum += d[(size_t)(n - 1) * stride] * back;
      sum /= 1 - full;
    } else {
      for (int i = 1; i < horizon; i++) {
        sum += d[(size_t)i * stride] * power;
        power *= z;
      }
    }
    float c = (float)(6 * sum);
    d[0] = c;
    for (int i = 1; i < n; i++) {
      c = 6 * d[(size_t)i * stride] + z * c;
      d[(size_t)i * stride] = c;
    }
    const float before = d[(size_t)(n - 2) * stride];
    c = (z / (z * z - 1)) * (c + z * before);
    d[(size_t)(n - 1) * stride] = c;
    for (int i = n - 2; i >= 0; i--) {
      c = z * (c - d[(size_t)i * stride]);
      d[(size_t)i * stride] = c;
    }
  }
}

// Adds samples of a fixed grid (bin of the fixed volume, 0xffff: left out) to a joint histogram. The moving volume
// holds bin coordinates 0..bins-1. Weights are 1/1024ths in whole numbers, so that no order of summation matters.
// Returns the number of samples that fell inside; `candidates` counts those looked at.
EXPORT(joint_affine)
int joint_affine(const uint16_t *fixed, const int32_t *grid /* n[3], z0, z1 */, const double *m, const float *moving,
                 const int32_t *size, int bins, uint32_t *histogram, int32_t *candidates) {
  const Job volume = {.size = {size[0], size[1], size[2]}, .box = {size[0], size[1], size[2]}};
  const ptrdiff_t plane = (ptrdiff_t)size[0] * size[1];
  const double step[3] = {m[0], m[4], m[8]};
  float values[BLOCK];
  int total = 0, seen = 0;
  for (int z = grid[3]; z < grid[4]; z++) {
    for (int y = 0; y < grid[1]; y++) {
      const uint16_t *f = fixed + (size_t)grid[0] * (y + (size_t)grid[1] * z);
      for (int x = 0; x < grid[0]; x += BLOCK) {
        const int count = grid[0] - x < BLOCK ? grid[0] - x : BLOCK;
        const double p[3] = {m[0] * x + m[1] * y + m[2] * z + m[3], m[4] * x + m[5] * y + m[6] * z + m[7],
                             m[8] * x + m[9] * y + m[10] * z + m[11]};
        const int whole = block_inside(size, p, step);
        if (whole) linear_block(moving, size[0], plane, p, step, values);
        for (int t = 0; t < count; t++) {
          if (f[x + t] == 0xffff) continue;
          seen++;
          float v;
          if (whole) {
            v = values[t];
          } else {
            const double a = p[0] + step[0] * t, b = p[1] + step[1] * t, c = p[2] + step[2] * t;
            if (!inside(&volume, a, b, c)) continue;
            v = linear_at(&volume, moving, a, b, c);
          }
          if (!(v >= 0)) continue;
          int bin = (int)v;
          if (bin > bins - 2) bin = bins - 2;
          const uint32_t upper = (uint32_t)((v - bin) * 1024.0f + 0.5f);
          uint32_t *h = histogram + (size_t)f[x + t] * bins + bin;
          h[0] += 1024 - upper;
          h[1] += upper;
          total++;
        }
      }
    }
  }
  *candidates += seen;
  return total;
}
