// Non-local means (Buades et al. 2005) on one tile, offset by offset: for each shift the squared differences of the
// whole tile are summed over patches, so that a patch costs as much as its edge and not its volume. A pair of voxels
// is looked at once and serves both.
#include "kernels.h"

typedef struct {
  // The tile, and the margin around it (search plus patch) that `guide` and `values` hold on all sides.
  int32_t nx, ny, nz;
  int32_t mx, my, mz;
  // Reach of the search; reach of the patches, of which every `pitch`-th voxel in the plane counts.
  int32_t sx, sy, sz;
  int32_t px, py, pz, pitch;
  // Weight of a voxel in its own mean.
  float own;
  // Not 0: values are squares of magnitudes; their mean less `rician`/scale is rooted, which frees it of the bias 2σ².
  float rician;
  // What differences are taken of, what is averaged, and the scale of squared differences, for each voxel of the tile
  // with its margin; for each shift of the half space the weight it is given, 0 to leave it out.
  const float *guide, *values, *scale, *share;
  float *out;
  // Sums and weights of the tile; then rows and planes of sums.
  float *scratch;
} Nonlocal;

// (1 − t/16)^16, which is exp(−t) within 0.024 and ends at 16.
static inline f4 weight4(f4 t) {
  const f4 w0 = splat(1) - t * splat(0.0625f);
  f4 w = (f4)((i4)w0 & (w0 > splat(0)));
  w *= w;
  w *= w;
  w *= w;
  return w * w;
}

typedef struct {
  int x0, x1, y0, y1, z0, z1;
} Hull;

static inline __attribute__((always_inline)) f4 column_sum(const float *line, int wide, const int py, const int pitch) {
  f4 sum = load4(line);
  for (int v = pitch; v <= 2 * py; v += pitch) sum += load4(line + (ptrdiff_t)wide * v);
  return sum;
}

// Inlined for the patches that methods use, so that the sums over them are unrolled.
static inline __attribute__((always_inline)) void shift(const Nonlocal *job, int dx, int dy, int dz, float share,
                                                        const int px, const int py, const int pz, const int pitch) {
  const int nx = job->nx, ny = job->ny, nz = job->nz;
  const int row = nx + 2 * job->mx;
  const ptrdiff_t plane = (ptrdiff_t)row * (ny + 2 * job->my);
  const ptrdiff_t origin = job->mx + (ptrdiff_t)row * job->my + plane * job->mz;
  const ptrdiff_t step = dx + (ptrdiff_t)row * dy + plane * dz;
  // Pairs whose first or second voxel lies in the tile.
  const Hull h = {dx > 0 ? -dx : 0, nx + (dx < 0 ? -dx : 0), dy > 0 ? -dy : 0, ny + (dy < 0 ? -dy : 0), -dz, nz};
  const int wide = (h.x1 - h.x0 + 7) & ~3, high = h.y1 - h.y0, tall = high + 2 * py;
  const int count = nx * ny * nz;
  float *sums = job->scratch, *weights = sums + count;
  float *lines = weights + count;                  // x-sums of the rows of one plane
  float *planes = lines + (ptrdiff_t)wide * tall;  // xy-sums of the last 2pz + 1 planes
  float *squares = planes + (ptrdiff_t)wide * high * (2 * pz + 1) + px;  // of one row, with px more on both sides
  const float norm = 1.0f / ((2 * (px / pitch) + 1) * (2 * (py / pitch) + 1) * (2 * pz + 1));
  const int depth = 2 * pz + 1;
  for (int z = h.z0 - pz; z < h.z1 + pz; z++) {
    for (int y = 0; y < tall; y++) {
      const float *a = job->guide + origin + h.x0 + (ptrdiff_t)row * (h.y0 - py + y) + plane * z, *b = a + step;
      float *line = lines + (ptrdiff_t)wide * y;
      for (int x = -px; x < wide + px; x += 4) {
        const f4 d = load4(a + x) - load4(b + x);
        store4(squares + x, d * d);
      }
      for (int x = 0; x < wide; x += 4) {
        f4 sum = load4(squares + x - px);
        for (int u = pitch - px; u <= px; u += pitch) sum += load4(squares + x + u);
        store4(line + x, sum);
      }
    }
    float *xy = planes + (ptrdiff_t)((z - h.z0 + pz) % depth) * wide * high;
    for (int y = 0; y < high && pz > 0; y++)
      for (int x = 0; x < wide; x += 4)
        store4(xy + (ptrdiff_t)wide * y + x, column_sum(lines + (ptrdiff_t)wide * y + x, wide, py, pitch));
    const int k = z - pz;
    if (k < h.z0) continue;
    const int first = k >= 0, second = k + dz < nz;
    for (int y = 0; y < high; y++) {
      const int j = h.y0 + y;
      const ptrdiff_t at = origin + (ptrdiff_t)row * j + plane * k;
      const int inFirst = first && j >= 0 && j < ny, inSecond = second && j + dy >= 0 && j + dy < ny;
      if (!inFirst && !inSecond) continue;
      // The weights of this row take the place of the first row of x-sums, which only row 0 needs, each where it was read.
      float *w = lines;
      for (int x = 0; x < wide; x += 4) {
        f4 sum = pz > 0 ? load4(planes + (ptrdiff_t)wide * y + x)
                        : column_sum(lines + (ptrdiff_t)wide * y + x, wide, py, pitch);
        for (int p = 1; p < depth; p++) sum += load4(planes + (ptrdiff_t)p * wide * high + (ptrdiff_t)wide * y + x);
        const f4 t = sum * splat(norm) * load4(job->scale + at + h.x0 + x);
        store4(w + x, weight4(t) * splat(share));
      }
      if (inFirst) {
        const ptrdiff_t to = (ptrdiff_t)nx * (j + ny * k);
        const float *v = job->values + at + step, *own = w - h.x0;
        int x = 0;
        for (; x + 4 <= nx; x += 4) {
          const f4 g = load4(own + x);
          store4(sums + to + x, load4(sums + to + x) + g * load4(v + x));
          store4(weights + to + x, load4(weights + to + x) + g);
        }
        for (; x < nx; x++) {
          sums[to + x] += own[x] * v[x];
          weights[to + x] += own[x];
        }
      }
      if (inSecond) {
        const ptrdiff_t to = (ptrdiff_t)nx * (j + dy + ny * (k + dz));
        const float *v = job->values + at - dx, *own = w - h.x0 - dx;
        int x = 0;
        for (; x + 4 <= nx; x += 4) {
          const f4 g = load4(own + x);
          store4(sums + to + x, load4(sums + to + x) + g * load4(v + x));
          store4(weights + to + x, load4(weights + to + x) + g);
        }
        for (; x < nx; x++) {
          sums[to + x] += own[x] * v[x];
          weights[to + x] += own[x];
        }
      }
    }
  }
}

static void shift_of(const Nonlocal *job, int dx, int dy, int dz, float share) {
  const int px = job->px, py = job->py, pz = job->pz, pitch = job->pitch;
  if (px == 2 && py == 2 && pz == 0 && pitch == 1) shift(job, dx, dy, dz, share, 2, 2, 0, 1);
  else if (px == 1 && py == 1 && pz == 1 && pitch == 1) shift(job, dx, dy, dz, share, 1, 1, 1, 1);
  else shift(job, dx, dy, dz, share, px, py, pz, pitch);
}

EXPORT(nonlocal_means)
void nonlocal_means(const Nonlocal *job) {
  const int nx = job->nx, ny = job->ny, nz = job->nz, count = nx * ny * nz;
  float *sums = job->scratch, *weights = sums + count;
  __builtin_memset(sums, 0, (size_t)count * 8);
  int at = 0;
  for (int dz = 0; dz <= job->sz; dz++)
    for (int dy = dz > 0 ? -job->sy : 0; dy <= job->sy; dy++)
      for (int dx = dz > 0 || dy > 0 ? -job->sx : 1; dx <= job->sx; dx++, at++)
        if (job->share[at] > 0) shift_of(job, dx, dy, dz, job->share[at]);
  const int row = nx + 2 * job->mx;
  const ptrdiff_t plane = (ptrdiff_t)row * (ny + 2 * job->my);
  for (int k = 0; k < nz; k++)
    for (int j = 0; j < ny; j++) {
      const ptrdiff_t from = job->mx + (ptrdiff_t)row * (job->my + j) + plane * (job->mz + k);
      const ptrdiff_t to = (ptrdiff_t)nx * (j + ny * k);
      for (int x = 0; x < nx; x++) {
        float mean = (sums[to + x] + job->own * job->values[from + x]) / (weights[to + x] + job->own);
        if (job->rician > 0) {
          mean -= job->rician / job->scale[from + x];
          mean = mean > 0 ? __builtin_sqrtf(mean) : 0;
        }
        job->out[to + x] = mean;
      }
    }
}
