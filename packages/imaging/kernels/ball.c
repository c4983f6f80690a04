// Dilation by a ball of any voxel shape, on rows of bits. The ball is a set of rows: at (dy, dz) it reaches `half`
// voxels to both sides. Only voxels with a face neighbour outside the mask are spread: a way of steps towards any voxel
// that they reach leaves the mask at one of those.
#include "kernels.h"

#define ONES 0x0101010101010101ull

typedef struct {
  int32_t dy, dz, half;
} BallRow;

// 64 voxels of one byte (0 or 1) each, the first in the lowest bit; `n` of them exist.
static inline uint64_t pack(const uint8_t *mask, int n) {
  uint64_t bits = 0;
  for (int at = 0; at < n && at < 64; at += 8) {
    uint64_t bytes;
    __builtin_memcpy(&bytes, mask + at, 8);
    if (n - at < 8) bytes &= (1ull << 8 * (n - at)) - 1;
    bits |= ((bytes * 0x0102040810204080ull) >> 56) << at;
  }
  return bits;
}

static inline void unpack(uint64_t bits, uint64_t flip, uint8_t *out, int n) {
  for (int at = 0; at < n && at < 64; at += 8) {
    const uint64_t spread = (((bits >> at) & 0xff) * ONES) & 0x8040201008040201ull;
    const uint64_t bytes = (((spread + 0x7f7f7f7f7f7f7f7full) >> 7) & ONES) ^ flip;
    __builtin_memcpy(out + at, &bytes, 8);
  }
}

// Voxels of a row with a neighbour outside the mask; beyond the box counts as inside. 0 where there is none.
static uint64_t edge_of(const uint64_t *row, size_t y_step, size_t z_step, int has_low_y, int has_high_y,
                        int has_low_z, int has_high_z, int words, uint64_t last, uint64_t *edge) {
  uint64_t any = 0;
  for (int w = 0; w < words; w++) {
    const uint64_t here = row[w];
    uint64_t inside = (here << 1 | (w > 0 ? row[w - 1] >> 63 : 1)) &
                      (here >> 1 | (w + 1 < words ? row[w + 1] << 63 : last));
    if (has_low_y) inside &= row[w - y_step];
    if (has_high_y) inside &= row[w + y_step];
    if (has_low_z) inside &= row[w - z_step];
    if (has_high_z) inside &= row[w + z_step];
    edge[w] = here & ~inside;
    any |= edge[w];
  }
  return any;
}

// Adds the row moved by `shift` voxels to both sides.
static void add_moved(const uint64_t *row, int words, int shift, uint64_t *spread) {
  const int whole = shift >> 6, part = shift & 63;
  for (int w = 0; w < words; w++) {
    const int low = w - whole, high = w + whole;
    uint64_t moved = 0;
    if (low >= 0) moved |= row[low] << part;
    if (high < words) moved |= row[high] >> part;
    if (part > 0 && low > 0) moved |= row[low - 1] >> (64 - part);
    if (part > 0 && high + 1 < words) moved |= row[high + 1] << (64 - part);
    spread[w] |= moved;
  }
}

// The tile y0..y1, z0..z1 of a box of nx * ny * nz bytes, dilated by `count` rows in the order of their `half`. With
// `invert` what is outside the mask is dilated and the result inverted: an erosion. `bits` holds a row of 64-bit words
// for each row of the box, `grown` for each of the tile, `scratch` two; `mask` and `out` have 8 bytes to spare.
EXPORT(dilate_rows)
void dilate_rows(const uint8_t *mask, int invert, int nx, int ny, int nz, const BallRow *ball, int count, int y0,
                 int y1, int z0, int z1, uint64_t *bits, uint64_t *grown, uint64_t *scratch, uint8_t *out) {
  const int words = (nx + 63) / 64, left = nx - 64 * (words - 1);
  const uint64_t all = left < 64 ? (1ull << left) - 1 : ~0ull, last = 1ull << (left - 1);
  for (int row = 0; row < ny * nz; row++)
    for (int w = 0; w < words; w++) {
      const uint64_t set = pack(mask + (size_t)row * nx + 64 * w, nx - 64 * w);
      bits[(size_t)row * words + w] = invert ? ~set & (w + 1 < words ? ~0ull : all) : set;
    }
  const int rows = y1 - y0;
  for (int z = z0; z < z1; z++)
    __builtin_memcpy(grown + (size_t)(z - z0) * rows * words, bits + ((size_t)z * ny + y0) * words,
                     (size_t)rows * words * 8);
  uint64_t *edge = scratch, *spread = scratch + words;
  for (int z = 0; z < nz; z++)
    for (int y = 0; y < ny; y++) {
      const uint64_t *row = bits + ((size_t)z * ny + y) * words;
      if (!edge_of(row, words, (size_t)words * ny, y > 0, y + 1 < ny, z > 0, z + 1 < nz, words, last, edge))
        continue;
      for (int w = 0; w < words; w++) spread[w] = edge[w];
      int reached = 0;
      for (int n = 0; n < count; n++) {
        while (reached < ball[n].half) add_moved(edge, words, ++reached, spread);
        const int ty = y + ball[n].dy, tz = z + ball[n].dz;
        if (ty < y0 || ty >= y1 || tz < z0 || tz >= z1) continue;
        uint64_t *target = grown + ((size_t)(tz - z0) * rows + (ty - y0)) * words;
        for (int w = 0; w < words; w++) target[w] |= spread[w];
      }
    }
  for (int row = 0; row < rows * (z1 - z0); row++)
    for (int w = 0; w < words; w++)
      unpack(grown[(size_t)row * words + w], invert ? ONES : 0, out + (size_t)row * nx + 64 * w, nx - 64 * w);
}
