// Local descriptors of an image for registration: 16 bytes a voxel. The first 12 are the self-similarity context MIND-SSC
// (Heinrich et al., MICCAI 2013), which two modalities share; the last 4 may hold the image itself through windows.
#include "kernels.h"

typedef uint8_t b16 __attribute__((vector_size(16)));
typedef uint8_t b8 __attribute__((vector_size(8)));
typedef uint16_t w8 __attribute__((vector_size(16)));

#define PAIRS 12

typedef struct {
  const float *image;
  const int8_t *pairs;  // of the six neighbours that lie √2 apart: two offsets (x, y, z) each
  int nx, ny, nz, distance, radius;
} Source;

// Squared differences of one pair in plane z, summed over (2·radius+1)² voxels of the plane; edges are repeated.
static void pair_plane(const Source *s, int pair, int z, float *restrict square, float *restrict line, float *restrict out) {
  const int8_t *o = s->pairs + 6 * pair;
  const int d = s->distance, r = s->radius, nx = s->nx, ny = s->ny, plane = nx * ny;
  const float *pa = s->image + (size_t)plane * clampi(z + d * o[2], 0, s->nz - 1);
  const float *pb = s->image + (size_t)plane * clampi(z + d * o[5], 0, s->nz - 1);
  const int ax = d * o[0], bx = d * o[3];
  for (int y = 0; y < ny; y++) {
    const float *a = pa + nx * clampi(y + d * o[1], 0, ny - 1), *b = pb + nx * clampi(y + d * o[4], 0, ny - 1);
    float *row = line + r;
    const int from = d < nx ? d : nx, to = nx - d > from ? nx - d : from;
    for (int x = 0; x < from; x++) {
      const float v = a[clampi(x + ax, 0, nx - 1)] - b[clampi(x + bx, 0, nx - 1)];
      row[x] = v * v;
    }
    for (int x = from; x < to; x++) {
      const float v = a[x + ax] - b[x + bx];
      row[x] = v * v;
    }
    for (int x = to; x < nx; x++) {
      const float v = a[clampi(x + ax, 0, nx - 1)] - b[clampi(x + bx, 0, nx - 1)];
      row[x] = v * v;
    }
    for (int t = 1; t <= r; t++) row[-t] = row[0], row[nx - 1 + t] = row[nx - 1];
    float *to_row = square + nx * y;
    for (int x = 0; x < nx; x++) to_row[x] = line[x];
    for (int t = 1; t <= 2 * r; t++)
      for (int x = 0; x < nx; x++) to_row[x] += line[x + t];
  }
  for (int y = 0; y < ny; y++) {
    float *to_row = out + nx * y;
    for (int x = 0; x < nx; x++) to_row[x] = 0;
    for (int t = -r; t <= r; t++) {
      const float *from = square + nx * clampi(y + t, 0, ny - 1);
      for (int x = 0; x < nx; x++) to_row[x] += from[x];
    }
  }
}

static void image_channels(const float *image, int plane, int z, const float *windows, uint8_t *out) {
  const float *values = image + (size_t)plane * z;
  uint8_t *to = out + (size_t)plane * 16 * z;
  for (int c = 0; c < 4; c++) {
    const float from = windows[3 * c], factor = windows[3 * c + 1], top = windows[3 * c + 2];
    for (int n = 0; n < plane; n++) {
      const float v = (values[n] - from) * factor;
      to[16 * n + PAIRS + c] = v < 0 || v != v ? 0 : v > top ? (uint8_t)top : (uint8_t)(v + 0.5f);
    }
  }
}

// Planes z0..z1. With mean_variance 0 only the sum of the local variances of each plane is written to sums[z]; else the
// descriptors exp(-(D - min D) / V) with V kept within `least_variance` and 1000 times that mean. `mind_weight` scales them
// (255 for one); `windows` are four triples (low, factor, largest byte) for
// the image channels; all 0 for an unused one.
// Scratch: nx·ny·(12·(2·radius+1) + 14) + 2·radius floats.
EXPORT(mind_planes)
void mind_planes(const float *image, const int8_t *pairs, int nx, int ny, int nz, int radius, int distance, int z0, int z1, float mean_variance,
                 float least_variance, float mind_weight, const float *windows, double *sums, uint8_t *restrict out, float *scratch) {
  const Source source = {image, pairs, nx, ny, nz, distance, radius};
  const int plane = nx * ny, window = 2 * radius + 1;
  float *ring = scratch, *square = ring + (size_t)plane * PAIRS * window, *total = square + plane;
  float *line = total + (size_t)plane * PAIRS;
  const float blocks = 1.0f / (window * window * window);
  int next = z0 - radius;
  for (int z = z0; z < z1; z++) {
    if (mean_variance != 0) image_channels(image, plane, z, windows, out);
    if (mind_weight == 0) continue;
    for (; next <= z + radius; next++) {
      float *to = ring + (size_t)plane * PAIRS * ((next + window) % window);
      for (int k = 0; k < PAIRS; k++) pair_plane(&source, k, clampi(next, 0, nz - 1), square, line, to + plane * k);
    }
    for (int n = 0; n < plane * PAIRS; n++) {
      float sum = ring[n];
      for (int t = 1; t < window; t++) sum += ring[(size_t)plane * PAIRS * t + n];
      total[n] = sum * blocks;
    }
    double sum = 0;
    float *least = line;
    for (int n = 0; n < plane; n++) least[n] = square[n] = total[n];
    for (int k = 1; k < PAIRS; k++) {
      const float *d = total + (size_t)plane * k;
      for (int n = 0; n < plane; n++) {
        least[n] = d[n] < least[n] ? d[n] : least[n];
        square[n] += d[n];
      }
    }
    for (int k = 0; k < PAIRS; k++)
      for (int n = 0; n < plane; n++) total[(size_t)plane * k + n] -= least[n];
    for (int n = 0; n < plane; n++) {
      square[n] = square[n] * (1.0f / PAIRS) - least[n];
      sum += square[n];
    }
    sums[z] = sum;
    if (mean_variance == 0) continue;
    const float low = least_variance * mean_variance, high = 1000 * mean_variance;
    for (int n = 0; n < plane; n++) {
      const float v = square[n] < low ? low : square[n] > high ? high : square[n];
      square[n] = v > 0 ? 1 / v : 0;
    }
    uint8_t *to = out + (size_t)plane * 16 * z;
    for (int k = 0; k < PAIRS; k++) {
      float *d = total + plane * k;
      // exp(-t) as (1 - t/256)^256: within 2 % where it is not small.
      for (int n = 0; n < plane; n++) {
        float e = 1 - d[n] * square[n] * (1.0f / 256);
        e = e < 0 ? 0 : e;
        e *= e, e *= e, e *= e, e *= e, e *= e, e *= e, e *= e, e *= e;
        d[n] = e * mind_weight + 0.5f;
      }
      for (int n = 0; n < plane; n++) to[16 * n + k] = (uint8_t)d[n];
    }
  }
}

// Means of 2×2×2 voxels; sizes of the source are even. Writes planes z0..z1 of the result.
EXPORT(pool_features)
void pool_features(const uint8_t *in, int nx, int ny, uint8_t *restrict out, int z0, int z1) {
  const int mx = nx / 2, my = ny / 2;
  const size_t row = (size_t)nx * 16, plane = row * ny;
  for (int z = z0; z < z1; z++)
    for (int y = 0; y < my; y++)
      for (int x = 0; x < mx; x++) {
        const uint8_t *p = in + plane * (2 * z) + row * (2 * y) + 32 * (size_t)x;
        uint8_t *to = out + 16 * ((size_t)x + (size_t)mx * (y + (size_t)my * z));
        for (int half = 0; half < 16; half += 8) {
          w8 sum = {4, 4, 4, 4, 4, 4, 4, 4};
          for (int c = 0; c < 8; c++) {
            b8 v;
            __builtin_memcpy(&v, p + half + (c & 1) * 16 + ((c >> 1) & 1) * row + (c >> 2) * plane, 8);
            sum += __builtin_convertvector(v, w8);
          }
          const b8 mean = __builtin_convertvector(sum >> 3, b8);
          __builtin_memcpy(to + half, &mean, 8);
        }
      }
}

// Means of 2×2×2 weights.
EXPORT(pool_weights)
void pool_weights(const uint8_t *in, int nx, int ny, uint8_t *restrict out, int z0, int z1) {
  const int mx = nx / 2, my = ny / 2;
  for (int z = z0; z < z1; z++)
    for (int y = 0; y < my; y++)
      for (int x = 0; x < mx; x++) {
        const uint8_t *p = in + 2 * x + (size_t)nx * (2 * y + (size_t)ny * 2 * z);
        int sum = 4;
        for (int c = 0; c < 8; c++) sum += p[(c & 1) + ((c >> 1) & 1) * nx + (c >> 2) * (size_t)nx * ny];
        out[x + (size_t)mx * (y + (size_t)my * z)] = (uint8_t)(sum >> 3);
      }
}
