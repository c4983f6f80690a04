// Bins of values, and pairs of bins.
#include "kernels.h"

// Whole bins 0..bins-1 with values beyond the range in the outer ones; NaN and masked voxels become 0xffff.
EXPORT(to_bins)
void to_bins(const float *values, const uint8_t *mask, int n, double low, double scale, int bins,
             uint16_t *restrict out) {
  for (int i = 0; i < n; i++) {
    const double bin = (values[i] - low) * scale;
    int b = bin < 0 ? 0 : bin >= bins ? bins - 1 : (int)bin;
    out[i] = values[i] != values[i] || (mask && !mask[i]) ? 0xffff : (uint16_t)b;
  }
}

// Bin coordinates 0..bins-1 of values for linear sharing between neighbouring bins, in place; NaN stays NaN.
EXPORT(to_bin_coordinates)
void to_bin_coordinates(float *values, int n, double low, double scale, int bins) {
  const float top = (float)(bins - 1);
  for (int i = 0; i < n; i++) {
    const float v = (float)((values[i] - low) * scale);
    values[i] = v < 0 ? 0 : v > top ? top : v;
  }
}

// Counts pairs of bins; returns how many pairs were complete.
EXPORT(count_pairs)
int count_pairs(const uint16_t *a, const uint16_t *b, int n, int bins, uint32_t *histogram) {
  int total = 0;
  for (int i = 0; i < n; i++) {
    if (a[i] == 0xffff || b[i] == 0xffff) continue;
    histogram[(size_t)a[i] * bins + b[i]]++;
    total++;
  }
  return total;
}
