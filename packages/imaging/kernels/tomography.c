// Projections of volumes along straight rays and back. Volumes are z fastest, then x, then y ("columns" along the axis of
// rotation); projections are v fastest (along the axis of rotation), then u, then the view. The axis of rotation is
// parallel to the columns of the detector, so that along z a ray or a voxel meets the other side at equal steps: every
// kernel adds one column into another at a + b·k, linear between samples and fading to zero beyond the ends.
#include "kernels.h"
#include <wasm_simd128.h>

// One view as 12 doubles, made by src/tomography/views.ts; mm.
typedef struct {
  double cosine, sine;      // of the angle of the central ray: direction (-sine, cosine), detector axis u (cosine, sine)
  double source_mm;         // from the axis to the source
  double detector_mm;       // from the source to the detector
  double u0, du, v0, dv;    // place of pixel (0, 0) on the detector, from the foot of the central ray, and its pitch
  double source_z;          // of the source and the foot of the central ray
  double shape;             // 0 parallel, 1 flat detector, 2 detector on an arc around the source
  double diverges;          // 0: rays run across the axis, v is z; 1: they diverge along z too
  double weight;            // of this view in back_project
} View;

// Columns x, y of a volume: centres at origin + index·spacing, mm.
typedef struct {
  int32_t nx, ny, nz, stride; // floats from one column to the next
  double x0, y0, z0, dx, dy, dz;
} Columns;

// Zeros before and behind a padded column.
enum { PAD = 4 };
// 2^23: adding it to a float rounds to a whole number and leaves that number in the low bits.
#define ROUND 8388608.0f
enum { ROUND_BITS = 0x4b000000 };

typedef struct {
  int from, to;  // steps k whose place lies within one sample of the column
  float a, b;    // place of step k in the padded column, less a half
} Steps;

static inline int floored(double x) {
  const int i = (int)x;
  return i - (x < i);
}

// Steps k of 0..n with -1.5 < a + b·k < m + 0.5; b > 0. The half beyond what a sample reaches keeps steps whose place
// rounds to the inside in single precision; what they reach outside is zero or thrown away.
static inline Steps steps_within(double a, double b, int n, int m) {
  Steps s = {.from = 0, .to = n};
  const double low = (-1.5 - a) / b, high = (m + 0.5 - a) / b;
  if (low >= 0) s.from = low >= n ? n : floored(low) + 1;
  if (high < n) s.to = high <= 0 ? 0 : floored(high) + 1;
  s.a = (float)(a + PAD - 0.5);
  s.b = (float)b;
  return s;
}

// out[k] += weight · column(a + b·k); `padded` has PAD zeros before and behind.
static inline void gather_column(float *restrict out, const float *padded, Steps s, float weight) {
  int k = s.from;
  const f4 lane = {0, 1, 2, 3};
  const v128_t bits = wasm_i32x4_splat(ROUND_BITS);
  for (; k + 4 <= s.to; k += 4) {
    const f4 p = splat(s.a) + splat(s.b) * (splat((float)k) + lane), q = p + splat(ROUND);
    const f4 f = p - (q - splat(ROUND)) + splat(0.5f);
    const v128_t i = wasm_i32x4_sub((v128_t)q, bits);
    v128_t low = wasm_v128_load64_zero(padded + wasm_i32x4_extract_lane(i, 0));
    v128_t high = wasm_v128_load64_zero(padded + wasm_i32x4_extract_lane(i, 2));
    low = wasm_v128_load64_lane(padded + wasm_i32x4_extract_lane(i, 1), low, 1);
    high = wasm_v128_load64_lane(padded + wasm_i32x4_extract_lane(i, 3), high, 1);
    const f4 here = (f4)wasm_i32x4_shuffle(low, high, 0, 2, 4, 6), next = (f4)wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
    store4(out + k, load4(out + k) + splat(weight) * (here + f * (next - here)));
  }
  for (; k < s.to; k++) {
    const float p = s.a + s.b * (float)k, q = p + ROUND, f = p - (q - ROUND) + 0.5f;
    int32_t i;
    __builtin_memcpy(&i, &q, 4);
    i -= ROUND_BITS;
    out[k] += weight * (padded[i] + f * (padded[i + 1] - padded[i]));
  }
}

// The transpose of gather_column: padded(a + b·k) += values[k], for steps that reach samples low..high.
static inline void scatter_column(float *padded, const float *values, Steps s) {
  for (int k = s.from; k < s.to; k++) {
    const float p = s.a + s.b * (float)k, q = p + ROUND, f = p - (q - ROUND) + 0.5f;
    int32_t i;
    __builtin_memcpy(&i, &q, 4);
    i -= ROUND_BITS;
    const float next = f * values[k];
    padded[i + 1] += next;
    padded[i] += values[k] - next;
  }
}

// out[i] = wa·a[i] + wb·b[i]
static inline void blend(float *restrict out, const float *a, float wa, const float *b, float wb, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) store4(out + i, splat(wa) * load4(a + i) + splat(wb) * load4(b + i));
  for (; i < n; i++) out[i] = wa * a[i] + wb * b[i];
}

static inline void add_scaled(float *restrict out, const float *a, float w, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) store4(out + i, load4(out + i) + splat(w) * load4(a + i));
  for (; i < n; i++) out[i] += w * a[i];
}

static inline void clear(float *p, int n) {
  for (int i = 0; i < n; i++) p[i] = 0;
}

// atan for |x| ≤ 1 to 1e-9 or better: halved twice by the identity atan x = 2 atan(x / (1 + √(1 + x²))).
static double arc_tangent(double x) {
  for (int n = 0; n < 3; n++) x /= 1 + __builtin_sqrt(1 + x * x);
  const double t = x * x;
  return 8 * x * (1 - t * (1.0 / 3 - t * (1.0 / 5 - t * (1.0 / 7 - t * (1.0 / 9 - t / 11)))));
}

// sine and cosine for |x| ≤ π/2 by halving and a series.
static void sine_cosine(double x, double *sine, double *cosine) {
  const double h = x / 8, t = h * h;
  double s = h * (1 - t / 6 * (1 - t / 20 * (1 - t / 42 * (1 - t / 72)))), c = 1 - t / 2 * (1 - t / 12 * (1 - t / 30 * (1 - t / 56)));
  for (int n = 0; n < 3; n++) {
    const double both = 2 * s * c;
    c = c * c - s * s;
    s = both;
  }
  *sine = s;
  *cosine = c;
}

// --- voxel-driven backprojection (FBP, FDK) --------------------------------------------------------------------------

// Where the ray through a point of the plane meets the detector: place along u in pixels, magnification there, weight.
static inline double meet(const View *view, double x, double y, double *magnification, double *weight) {
  const double s = x * view->cosine + y * view->sine, depth = view->source_mm - x * view->sine + y * view->cosine;
  *magnification = 1;
  *weight = 1;
  double u = s;
  if (view->shape == 1) {
    *magnification = view->detector_mm / depth;
    *weight = view->source_mm * view->source_mm / (depth * depth);
    u = s * *magnification;
  } else if (view->shape == 2) {
    const double distance = __builtin_sqrt(s * s + depth * depth);
    *magnification = view->detector_mm / distance;
    *weight = view->source_mm * view->source_mm / (distance * distance);
    u = view->detector_mm * arc_tangent(s / depth);
  }
  return (u - view->u0) / view->du;
}

// Rows of the detector that lie over rows of the volume: row k meets row k + shift, for k of from..to.
typedef struct {
  int aligned, from, to, shift;
} Rows;

// Of `n` rows that meet `m` others at a + b·k.
static inline Rows rows_over(double a, double b, int n, int m) {
  Rows r = {0};
  if (b != 1 || a != (double)floored(a)) return r;
  r.aligned = 1;
  r.shift = floored(a);
  r.from = r.shift < 0 ? -r.shift : 0;
  r.to = n + r.shift > m ? m - r.shift : n;
  if (r.to < r.from) r.to = r.from;
  return r;
}

// Where row 0 of the volume lies on the detector of a view whose rays run across the axis, and the step from row to row.
static inline Rows rows_of_volume(const View *view, const Columns *g, int nv) {
  if (view->diverges != 0) return (Rows){0};
  return rows_over((g->z0 - view->source_z - view->v0) / view->dv, g->dz / view->dv, g->nz, nv);
}

// out += wl·low + wh·high, in this order.
static inline void add_both(float *restrict out, const float *low, float wl, const float *high, float wh, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4)
    store4(out + i, load4(out + i) + splat(wl) * load4(low + i) + splat(wh) * load4(high + i));
  for (; i < n; i++) {
    out[i] += wl * low[i];
    out[i] += wh * high[i];
  }
}

// Columns of a row that are worked on together, so that they stay near while view after view is added: floats.
enum { NEAR = 4096 };

// One view to the columns x0..x1 of row y, where rows of detector and volume lie over each other.
static inline void add_aligned(float *volume, const Columns *g, const float *projection, const View *view, Rows r, int nu,
                               int nv, int x0, int x1, int y) {
  const double py = g->y0 + g->dy * y, over = 1 / view->du;
  // Along a row of a parallel beam, places on the detector lie at equal steps.
  const double step = g->dx * view->cosine * over, first = (g->x0 * view->cosine + py * view->sine - view->u0) * over;
  const int rows = r.to - r.from;
  for (int x = x0; x < x1; x++) {
    double magnification, weight = 1, u = first + step * x;
    if (view->shape != 0) u = meet(view, g->x0 + g->dx * x, py, &magnification, &weight);
    if (!(u > -1 && u < nu)) continue;
    const int i = floored(u);
    const float f = (float)(u - i), *p = projection + (size_t)nv * i, w = (float)(weight * view->weight);
    const float *low = i < 0 ? p + nv : p, *high = i + 1 >= nu ? p : p + nv;
    const float wl = i < 0 ? 0 : 1 - f, wh = i + 1 >= nu ? 0 : f;
    float *out = volume + (size_t)g->stride * (x + (size_t)g->nx * y) + r.from;
    add_both(out, low + r.from + r.shift, w * wl, high + r.from + r.shift, w * wh, rows);
  }
}

// Adds `views` filtered views to the rows y0..y1 of columns. Scratch: nv + 2·PAD + 4 floats.
EXPORT(back_project)
void back_project(float *volume, const Columns *g, const float *projections, const View *views, int count, int nu, int nv,
                  int y0, int y1, float *scratch) {
  clear(scratch, nv + 2 * PAD + 4);
  int aligned = 1;
  for (int n = 0; n < count; n++) aligned &= rows_of_volume(views + n, g, nv).aligned;
  const int block = g->nz < NEAR ? NEAR / g->nz : 1;
  if (aligned) {
    for (int y = y0; y < y1; y++)
      for (int x = 0; x < g->nx; x += block)
        for (int n = 0; n < count; n++)
          add_aligned(volume, g, projections + (size_t)nv * nu * n, views + n, rows_of_volume(views + n, g, nv), nu, nv, x,
                      x + block < g->nx ? x + block : g->nx, y);
    return;
  }
  for (int y = y0; y < y1; y++)
    for (int x = 0; x < g->nx; x++) {
      float *out = volume + (size_t)g->stride * (x + (size_t)g->nx * y);
      for (int n = 0; n < count; n++) {
        const View *view = views + n;
        double magnification, weight;
        const double u = meet(view, g->x0 + g->dx * x, g->y0 + g->dy * y, &magnification, &weight);
        if (!(u > -1 && u < nu)) continue;
        const int i = floored(u);
        const float f = (float)(u - i), *p = projections + (size_t)nv * (i + (size_t)nu * n);
        const float *low = i < 0 ? p + nv : p, *high = i + 1 >= nu ? p : p + nv;
        const float wl = i < 0 ? 0 : 1 - f, wh = i + 1 >= nu ? 0 : f, w = (float)(weight * view->weight);
        if (view->diverges == 0) magnification = 1;
        const double b = g->dz * magnification / view->dv;
        const double a = ((g->z0 - view->source_z) * magnification - view->v0) / view->dv;
        const Steps s = steps_within(a, b, g->nz, nv);
        if (s.from >= s.to) continue;
        // Only the part of the detector's column that this column of voxels sees is blended.
        const int from = floored(a + b * s.from) - 1, to = floored(a + b * (s.to - 1)) + 3;
        const int first = from < 0 ? 0 : from, last = to > nv ? nv : to;
        blend(scratch + PAD + first, low + first, wl, high + first, wh, last - first);
        gather_column(out, scratch, s, w);
      }
    }
}

// --- rays by Joseph's method and their transpose -----------------------------------------------------------------------

// The part of a ray in the plane: it starts at (x, y) mm, where z is source_z, and reaches the detector at distance `far`.
typedef struct {
  double x, y, dx, dy, far;
} Ray;

static inline Ray ray_of(const View *view, int u) {
  const double s = view->u0 + view->du * u, c = view->cosine, n = view->sine;
  if (view->shape == 0) return (Ray){s * c, s * n, -n, c, 1};
  const Ray from = {view->source_mm * n, -view->source_mm * c, 0, 0, 0};
  if (view->shape == 1) {
    const double far = __builtin_sqrt(view->detector_mm * view->detector_mm + s * s);
    const double along = view->detector_mm / far, across = s / far;
    return (Ray){from.x, from.y, -n * along + c * across, c * along + n * across, far};
  }
  double across, along;
  sine_cosine(s / view->detector_mm, &across, &along);
  return (Ray){from.x, from.y, -n * along + c * across, c * along + n * across, view->detector_mm};
}

// Where a ray crosses one line of columns.
typedef struct {
  int inside;     // it meets at least one of the two columns
  size_t low, high;
  float wl, wh;   // weights of the two columns, 0 for one beyond the edge
  double a, b;    // row v of the detector meets the columns at a + b·v, in voxels
} Crossing;

// The crossing of step `n` along the axis that the ray runs along most (x where `by_x`).
static inline Crossing crossing(const View *view, const Columns *g, Ray ray, int by_x, int n) {
  Crossing c = {0};
  const double t = by_x ? (g->x0 + g->dx * n - ray.x) / ray.dx : (g->y0 + g->dy * n - ray.y) / ray.dy;
  if (view->shape != 0 && t <= 0) return c;
  const double place = by_x ? (ray.y + t * ray.dy - g->y0) / g->dy : (ray.x + t * ray.dx - g->x0) / g->dx;
  const int most = by_x ? g->ny : g->nx;
  if (!(place > -1 && place < most)) return c;
  const int i = floored(place);
  const float f = (float)(place - i);
  c.inside = 1;
  c.wl = i < 0 ? 0 : 1 - f;
  c.wh = i + 1 >= most ? 0 : f;
  const int l = i < 0 ? i + 1 : i, h = i + 1 >= most ? i : i + 1;
  c.low = (size_t)g->stride * (by_x ? n + (size_t)g->nx * l : l + (size_t)g->nx * n);
  c.high = (size_t)g->stride * (by_x ? n + (size_t)g->nx * h : h + (size_t)g->nx * n);
  const double m = view->diverges != 0 ? t / ray.far : 1;
  c.a = (view->source_z + m * view->v0 - g->z0) / g->dz;
  c.b = m * view->dv / g->dz;
  return c;
}

// Length of a ray from one line of columns to the next, for every row v.
static inline void lengths(const View *view, const Columns *g, Ray ray, int by_x, int nv, float *out) {
  const double in_plane = by_x ? g->dx / __builtin_fabs(ray.dx) : g->dy / __builtin_fabs(ray.dy);
  for (int v = 0; v < nv; v++) {
    const double slope = view->diverges != 0 ? (view->v0 + view->dv * v) / ray.far : 0;
    out[v] = (float)(in_plane * __builtin_sqrt(1 + slope * slope));
  }
}

static inline int runs_by_x(const Columns *g, Ray ray) {
  return __builtin_fabs(ray.dx) * g->dy > __builtin_fabs(ray.dy) * g->dx;
}

// Line integral, less the length of a step, of a ray across the axis, where rows of detector and volume lie over each other:
// places on the lines of columns that it crosses lie at equal steps. Rows r.from..r.to of `out`.
static inline void sum_aligned(const float *volume, const Columns *g, Ray ray, int by_x, Rows r, float *out) {
  const int steps = by_x ? g->nx : g->ny, most = by_x ? g->ny : g->nx;
  const double slope = by_x ? ray.dy / ray.dx : ray.dx / ray.dy;
  const double start = by_x ? ray.y + (g->x0 - ray.x) * slope : ray.x + (g->y0 - ray.y) * slope;
  const double over = 1 / (by_x ? g->dy : g->dx);
  const double place0 = (start - (by_x ? g->y0 : g->x0)) * over, pitch = (by_x ? g->dx : g->dy) * slope * over;
  const size_t next = (size_t)g->stride * (by_x ? g->nx : 1), line = (size_t)g->stride * (by_x ? 1 : g->nx);
  const float *rows = volume + r.from + r.shift;
  const int count = r.to - r.from;
  out += r.from;
  for (int k = 0; k < count; k += 8) {
    f4 sum = splat(0), more = splat(0);
    float each[8] = {0};
    const int n = count - k < 8 ? count - k : 8;
    for (int step = 0; step < steps; step++) {
      const double place = place0 + pitch * step;
      if (!(place > -1 && place < most)) continue;
      const int i = floored(place);
      const float f = (float)(place - i), wl = i < 0 ? 0 : 1 - f, wh = i + 1 >= most ? 0 : f;
      const float *column = rows + k + line * step;
      const float *low = column + next * (i < 0 ? i + 1 : i), *high = column + next * (i + 1 >= most ? i : i + 1);
      if (n == 8) {
        sum = sum + splat(wl) * load4(low) + splat(wh) * load4(high);
        more = more + splat(wl) * load4(low + 4) + splat(wh) * load4(high + 4);
      } else {
        add_both(each, low, wl, high, wh, n);
      }
    }
    if (n == 8) {
      store4(out + k, sum);
      store4(out + k + 4, more);
    } else {
      for (int v = 0; v < n; v++) out[k + v] = each[v];
    }
  }
}

// Line integrals of the columns u0..u1 of every view. Scratch: nv + nz + 2·PAD + 4 floats.
EXPORT(project_rays)
void project_rays(const float *volume, const Columns *g, float *projections, const View *views, int count, int nu, int nv,
                  int u0, int u1, float *scratch) {
  float *length = scratch, *padded = scratch + nv;
  clear(padded, g->nz + 2 * PAD + 4);
  for (int n = 0; n < count; n++)
    for (int u = u0; u < u1; u++) {
      const View *view = views + n;
      const Ray ray = ray_of(view, u);
      const int by_x = runs_by_x(g, ray), most = by_x ? g->nx : g->ny;
      float *out = projections + (size_t)nv * (u + (size_t)nu * n);
      clear(out, nv);
      const Rows over = view->shape != 0
                            ? (Rows){0}
                            : rows_over((view->source_z + view->v0 - g->z0) / g->dz, view->dv / g->dz, nv, g->nz);
      if (over.aligned) sum_aligned(volume, g, ray, by_x, over, out);
      for (int step = 0; step < (over.aligned ? 0 : most); step++) {
        const Crossing c = crossing(view, g, ray, by_x, step);
        if (!c.inside) continue;
        const float *low = volume + c.low, *high = volume + c.high;
        const Steps s = steps_within(c.a, c.b, nv, g->nz);
        if (s.from >= s.to) continue;
        if (c.b == 1 && c.a == (double)floored(c.a)) {
          const int shift = floored(c.a), from = s.from + shift < 0 ? -shift : s.from;
          const int to = s.to + shift > g->nz ? g->nz - shift : s.to;
          add_both(out + from, low + from + shift, c.wl, high + from + shift, c.wh, to - from);
          continue;
        }
        const int from = floored(c.a + c.b * s.from) - 1, to = floored(c.a + c.b * (s.to - 1)) + 3;
        const int first = from < 0 ? 0 : from, last = to > g->nz ? g->nz : to;
        blend(padded + PAD + first, low + first, c.wl, high + first, c.wh, last - first);
        gather_column(out, padded, s, 1);
      }
      lengths(view, g, ray, by_x, nv, length);
      for (int v = 0; v < nv; v++) out[v] *= length[v];
    }
}

// The transpose of project_rays, added to the planes z0..z1 of a volume. What a voxel gets does not depend on where the
// planes are cut: rays are taken in the same order and a step reaches the same two samples. Scratch: 2·nv + nz + 2·PAD + 4.
EXPORT(spread_rays)
void spread_rays(float *volume, const Columns *g, const float *projections, const View *views, int count, int nu, int nv,
                 int z0, int z1, float *scratch) {
  float *length = scratch, *values = scratch + nv, *padded = scratch + 2 * nv;
  clear(padded, g->nz + 2 * PAD + 4);
  for (int n = 0; n < count; n++)
    for (int u = 0; u < nu; u++) {
      const View *view = views + n;
      const Ray ray = ray_of(view, u);
      const int by_x = runs_by_x(g, ray), most = by_x ? g->nx : g->ny;
      const float *in = projections + (size_t)nv * (u + (size_t)nu * n);
      lengths(view, g, ray, by_x, nv, length);
      for (int v = 0; v < nv; v++) values[v] = in[v] * length[v];
      for (int step = 0; step < most; step++) {
        const Crossing c = crossing(view, g, ray, by_x, step);
        if (!c.inside) continue;
        float *low = volume + c.low, *high = volume + c.high;
        // Rows whose place lies within one sample of z0..z1.
        Steps s = steps_within(c.a - z0, c.b, nv, z1 - z0);
        if (s.from >= s.to) continue;
        if (c.b == 1 && c.a == (double)floored(c.a)) {
          const int shift = floored(c.a), from = s.from + shift < z0 ? z0 - shift : s.from;
          const int to = s.to + shift > z1 ? z1 - shift : s.to;
          if (c.wl != 0) add_scaled(low + from + shift, values + from, c.wl, to - from);
          if (c.wh != 0) add_scaled(high + from + shift, values + from, c.wh, to - from);
          continue;
        }
        s.a = (float)(c.a + PAD - 0.5);
        const int from = floored(c.a + c.b * s.from) - 1, to = floored(c.a + c.b * (s.to - 1)) + 3;
        scatter_column(padded, values, s);
        const int first = from < z0 ? z0 : from, last = to > z1 ? z1 : to;
        if (c.wl != 0) add_scaled(low + first, padded + PAD + first, c.wl, last - first);
        if (c.wh != 0) add_scaled(high + first, padded + PAD + first, c.wh, last - first);
        clear(padded + PAD + (from < -PAD ? -PAD : from), (to > g->nz + PAD ? g->nz + PAD : to) - (from < -PAD ? -PAD : from));
      }
    }
}
