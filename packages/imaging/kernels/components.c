// Connected components of a slab by runs along x and union-find; the root of a set is its first run in raster order,
// so that numbers follow the first voxel of each component.
#include "kernels.h"

typedef struct {
  int start, end, parent;
} Run;

static inline int find(Run *runs, int a) {
  while (runs[a].parent != a) {
    runs[a].parent = runs[runs[a].parent].parent;
    a = runs[a].parent;
  }
  return a;
}

// Joins runs [a, a_end) with runs [b, b_end) of a neighbouring row that overlap, or touch within `slack` voxels.
static inline void join(Run *runs, int a, int a_end, int b, int b_end, int slack) {
  while (a < a_end && b < b_end) {
    if (runs[a].start < runs[b].end + slack && runs[b].start < runs[a].end + slack) {
      const int p = find(runs, a), q = find(runs, b);
      if (p < q) runs[q].parent = p;
      if (q < p) runs[p].parent = q;
    }
    if (runs[a].end < runs[b].end) a++;
    else b++;
  }
}

// mask: nx·ny·nz bytes of 0 or 1, readable 8 bytes beyond its end. Writes labels 1..count and the size of each
// component. `rows` holds ny·nz + 1 ints, `runs` room for (nx + 1) / 2 runs per row. Returns the count.
EXPORT(label_slab)
int label_slab(const uint8_t *mask, int nx, int ny, int nz, int connectivity, int32_t *restrict labels, int *rows,
               Run *runs, int *sizes) {
  int count = 0;
  // Slack 1 joins runs that touch only diagonally in x; further bits say which neighbouring rows count.
  const int edge = connectivity >= 18, corner = connectivity == 26;
  for (int z = 0; z < nz; z++) {
    for (int y = 0; y < ny; y++) {
      const int row = y + ny * z;
      const uint8_t *m = mask + (size_t)row * nx;
      rows[row] = count;
      int x = 0;
      while (x < nx) {
        uint64_t eight;
        while (x + 8 <= nx) {
          __builtin_memcpy(&eight, m + x, 8);
          if (eight != 0) break;
          x += 8;
        }
        while (x < nx && !m[x]) x++;
        if (x == nx) break;
        runs[count].start = x;
        while (x + 8 <= nx) {
          __builtin_memcpy(&eight, m + x, 8);
          if (eight != 0x0101010101010101ull) break;
          x += 8;
        }
        while (x < nx && m[x]) x++;
        runs[count].end = x;
        runs[count].parent = count;
        count++;
      }
      rows[row + 1] = count;
      const int a = rows[row];
      if (a == count) continue;
      if (y > 0) join(runs, a, count, rows[row - 1], rows[row], edge);
      if (z > 0) {
        const int below = row - ny;
        join(runs, a, count, rows[below], rows[below + 1], edge);
        if (edge && y > 0) join(runs, a, count, rows[below - 1], rows[below], corner);
        if (edge && y < ny - 1) join(runs, a, count, rows[below + 1], rows[below + 2], corner);
      }
    }
  }
  // Roots come before their members: number them in one sweep; `parent` then holds the number, negated.
  int number = 0;
  for (int r = 0; r < count; r++) {
    const int parent = runs[r].parent;
    const int length = runs[r].end - runs[r].start;
    if (parent == r) {
      sizes[number] = length;
      runs[r].parent = -(++number);
    } else {
      runs[r].parent = runs[parent].parent;
      sizes[-runs[parent].parent - 1] += length;
    }
  }
  for (int row = 0; row < ny * nz; row++) {
    int32_t *line = labels + (size_t)row * nx;
    int x = 0;
    for (int r = rows[row]; r < rows[row + 1]; r++) {
      const int label = -runs[r].parent;
      for (; x < runs[r].start; x++) line[x] = 0;
      for (; x < runs[r].end; x++) line[x] = label;
    }
    for (; x < nx; x++) line[x] = 0;
  }
  return number;
}
