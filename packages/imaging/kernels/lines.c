// Means along pieces of digital lines, and where they stand out of the noise along the same lines.
#include "kernels.h"

// a[0..n) + b[0..n) into out.
static inline void add(const float *a, const float *b, float *restrict out, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) store4(out + i, load4(a + i) + load4(b + i));
  for (; i < n; i++) out[i] = a[i] + b[i];
}

// Planes from..to of `in` (width × height each): the mean of the 2·half + 1 pixels of the line through each pixel, of
// which row j lies shifts[j] columns further than row 0, by running sums along parallel lines; 0 where the piece leaves
// the plane. `running` holds a plane.
EXPORT(line_means)
void line_means(const float *in, int width, int height, int half, const int32_t *shifts, int from, int to,
                float *restrict out, float *restrict running) {
  const int area = width * height;
  const float scale = 1.f / (2 * half + 1);
  for (int k = from; k < to; k++) {
    const float *plane = in + (size_t)k * area;
    float *target = out + (size_t)k * area;
    __builtin_memcpy(running, plane, (size_t)width * 4);
    for (int j = 1; j < height; j++) {
      const int shift = shifts[j] - shifts[j - 1];
      const float *row = plane + (size_t)width * j, *before = running + (size_t)width * (j - 1) - shift;
      float *sums = running + (size_t)width * j;
      const int low = clampi(shift, 0, width), high = clampi(width + shift, low, width);
      __builtin_memcpy(sums, row, (size_t)low * 4);
      add(before + low, row + low, sums + low, high - low);
      __builtin_memcpy(sums + high, row + high, (size_t)(width - high) * 4);
    }
    __builtin_memset(target, 0, (size_t)area * 4);
    for (int j = half + 1; j + half < height; j++) {
      const int ahead = shifts[j + half] - shifts[j], behind = shifts[j - half - 1] - shifts[j];
      int low = 0, high = width;
      if (-ahead > low) low = -ahead;
      if (-behind > low) low = -behind;
      if (width - ahead < high) high = width - ahead;
      if (width - behind < high) high = width - behind;
      const float *end = running + (ptrdiff_t)width * (j + half) + ahead;
      const float *start = running + (ptrdiff_t)width * (j - half - 1) + behind;
      float *row = target + (size_t)width * j;
      int i = low;
      for (; i + 4 <= high; i += 4) store4(row + i, splat(scale) * (load4(end + i) - load4(start + i)));
      for (; i < high; i++) row[i] = scale * (end[i] - start[i]);
    }
  }
}

// Pixels of the planes from..to within the mask whose absolute value is above `least` times the noise, which is known
// for across × down blocks of each plane: linear along a row between the middles of blocks, in steps from row to row.
// Their places in each plane go to places + k·area, ascending, and their number to counts[k]. `limits` holds a row.
EXPORT(line_peaks)
void line_peaks(const float *values, const uint8_t *mask, int width, int height, const float *noise, int across,
                int down, float least, int from, int to, int32_t *places, int32_t *counts, float *limits) {
  const int area = width * height;
  for (int k = from; k < to; k++) {
    int32_t *found = places + (size_t)k * area;
    int count = 0, last = -1;
    for (int j = 0; j < height; j++) {
      const int b = clampi((int)(((float)j + .5f) * (float)down / (float)height), 0, down - 1);
      if (b != last) {
        const float *blocks = noise + (size_t)across * (b + (size_t)down * k);
        for (int i = 0; i < width; i++) {
          const float at = ((float)i + .5f) * (float)across / (float)width - .5f;
          const float held = at < 0 ? 0 : at > (float)(across - 1) ? (float)(across - 1) : at;
          const int low = (int)held;
          const float part = held - (float)low;
          limits[i] = least * (part == 0 ? blocks[low] : blocks[low] * (1 - part) + blocks[low + 1] * part);
        }
        last = b;
      }
      const float *row = values + (size_t)k * area + (size_t)width * j;
      const uint8_t *allowed = mask + (size_t)k * area + (size_t)width * j;
      for (int i = 0; i < width; i++) {
        // Most pixels are below: one comparison of two values.
        const float value = row[i] < 0 ? -row[i] : row[i];
        if (value > limits[i] && allowed[i]) found[count++] = j * width + i;
      }
    }
    counts[k] = count;
  }
}
