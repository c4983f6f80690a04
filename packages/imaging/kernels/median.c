// Median of a block, four neighbouring voxels at a time, by forgetful selection: of n values the smallest and the
// largest of any n/2 + 2 cannot be the median, so both are dropped and the next value comes in.
#include "kernels.h"

static inline f4 min4(f4 a, f4 b) {
  const i4 m = a < b;
  return (f4)(((i4)a & m) | ((i4)b & ~m));
}
static inline f4 max4(f4 a, f4 b) {
  const i4 m = a < b;
  return (f4)(((i4)b & m) | ((i4)a & ~m));
}

// `lines`: the addresses of the (2ry+1)·(2rz+1) padded lines around the output line; each readable from x-rx to
// x+rx+3. keep: room for count/2 + 2 vectors.
EXPORT(median_line)
void median_line(float *const *lines, int line_count, int rx, float *restrict out, int nx, f4 *keep) {
  const int width = 2 * rx + 1, total = width * line_count, half = total / 2 + 2;
  for (int x = 0; x < nx; x += 4) {
    int held = 0, taken = 0, line = 0, dx = 0;
    while (taken < total) {
      // Fill up to the number of values that must be held from here on.
      const int want = total == 1 ? 1 : taken == 0 ? (half < total ? half : total) : held + 1;
      while (held < want) {
        keep[held++] = load4(lines[line] + x + dx);
        taken++;
        if (++dx == width) dx = 0, line++;
      }
      if (held < 3) break;
      // Smallest to the front, largest to the back; then forget both.
      for (int i = 1; i < held; i++) {
        const f4 a = min4(keep[0], keep[i]), b = max4(keep[0], keep[i]);
        keep[0] = a;
        keep[i] = b;
      }
      for (int i = 1; i < held - 1; i++) {
        const f4 a = min4(keep[i], keep[held - 1]), b = max4(keep[i], keep[held - 1]);
        keep[i] = a;
        keep[held - 1] = b;
      }
      keep[0] = keep[held - 2];
      held -= 2;
    }
    const int left = nx - x < 4 ? nx - x : 4;
    for (int lane = 0; lane < left; lane++) out[x + lane] = keep[0][lane];
  }
}
