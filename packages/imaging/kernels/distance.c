// Squared Euclidean distance in mm² by lower envelopes of parabolas (Felzenszwalb and Huttenlocher 2012), one axis
// after the other. HUGE_VALUE stands for "no voxel of the mask seen yet".
#include "kernels.h"

#define HUGE_VALUE __builtin_inff()

// First axis: distance along x to the nearest non-zero voxel of each row.
EXPORT(distance_x)
void distance_x(const uint8_t *mask, float *restrict out, int nx, int rows, double mm) {
  for (int row = 0; row < rows; row++) {
    const uint8_t *m = mask + (size_t)row * nx;
    float *d = out + (size_t)row * nx;
    int last = -1;
    for (int x = 0; x < nx; x++) {
      if (m[x] != 0) last = x;
      const double r = (x - last) * mm;
      d[x] = last < 0 ? HUGE_VALUE : (float)(r * r);
    }
    last = -1;
    for (int x = nx - 1; x >= 0; x--) {
      if (m[x] != 0) last = x;
      const double r = (last - x) * mm;
      const float other = last < 0 ? HUGE_VALUE : (float)(r * r);
      if (other < d[x]) d[x] = other;
    }
  }
}

// Any further axis: `lines` lines of n voxels, `stride` apart, neighbouring lines `step` apart, in place.
// Scratch holds n + n + (n + 1) doubles and n ints. With `root` the square root is taken.
EXPORT(distance_lines)
void distance_lines(float *data, int lines, int step, int n, int stride, double mm, int root, void *scratch) {
  double *height = scratch, *border = height + n, *scaled = border + n + 1;
  int *vertex = (int *)(scaled + n);
  const double mm2 = mm * mm, inverse = 1.0 / mm2;
  for (int line = 0; line < lines; line++) {
    float *d = data + (size_t)line * step;
    int count = 0;
    for (int q = 0; q < n; q++) {
      const float h = d[(size_t)q * stride];
      if (h == HUGE_VALUE) continue;
      height[q] = h;
      // Crossing of the parabolas at v and q, in voxels: (h_q/mm² + q² − h_v/mm² − v²) / (2 (q − v)).
      const double own = h * inverse + (double)q * q;
      scaled[q] = own;
      double cross = -1e300;
      while (count > 0) {
        const int v = vertex[count - 1];
        cross = (own - scaled[v]) / (2.0 * (q - v));
        if (cross > border[count - 1]) break;
        count--;
      }
      if (count == 0) cross = -1e300;
      vertex[count] = q;
      border[count] = cross;
      count++;
    }
    if (count == 0) continue;
    border[count] = 1e300;
    int k = 0;
    for (int q = 0; q < n; q++) {
      while (border[k + 1] < q) k++;
      const int v = vertex[k];
      const double squared = (double)(q - v) * (q - v) * mm2 + height[v];
      d[(size_t)q * stride] = root ? (float)__builtin_sqrt(squared) : (float)squared;
    }
  }
}
