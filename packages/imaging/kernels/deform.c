// Displacement fields between two images of descriptors (features.c) on one grid. Displacements are in voxels of the
// level, three planar arrays on nodes; a node is the middle of a block of `stride`³ voxels. Every kernel works on the node
// planes z0..z1 and writes sums by plane, so that results do not depend on how planes are shared out.
#include "kernels.h"
#include <wasm_simd128.h>

// --- search --------------------------------------------------------------------------------------------------------

static inline uint32_t squared_difference(const uint8_t *a, const uint8_t *b) {
  const v128_t p = wasm_v128_load(a), q = wasm_v128_load(b);
  const v128_t d = wasm_v128_or(wasm_u8x16_sub_sat(p, q), wasm_u8x16_sub_sat(q, p));
  const v128_t s = wasm_i32x4_add(wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extmul_low_u8x16(d, d)),
                                  wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extmul_high_u8x16(d, d)));
  return wasm_u32x4_extract_lane(s, 0) + wasm_u32x4_extract_lane(s, 1) + wasm_u32x4_extract_lane(s, 2) +
         wasm_u32x4_extract_lane(s, 3);
}

// Cost of every whole displacement within ±radius of the start (rounded) for every voxel: mean squared difference of
// the descriptors, weighed by `weight`, in (2·radius+1)³ shorts. Beyond the edge of the image the edge is compared.
EXPORT(search_cost)
void search_cost(const uint8_t *fixed, const uint8_t *moving, const uint8_t *weight, const float *start, int nx, int ny,
                 int nz, int radius, int z0, int z1, uint16_t *restrict cost) {
  const size_t count = (size_t)nx * ny * nz;
  const int side = 2 * radius + 1;
  for (int z = z0; z < z1; z++)
    for (int y = 0; y < ny; y++)
      for (int x = 0; x < nx; x++) {
        const size_t n = x + (size_t)nx * (y + (size_t)ny * z);
        uint16_t *to = cost + n * side * side * side;
        if (weight[n] == 0) {
          for (int c = 0; c < side * side * side; c++) to[c] = 0;
          continue;
        }
        const int cx = x + (int)__builtin_floorf(start[n] + 0.5f), cy = y + (int)__builtin_floorf(start[count + n] + 0.5f);
        const int cz = z + (int)__builtin_floorf(start[2 * count + n] + 0.5f);
        for (int c = -radius; c <= radius; c++)
          for (int b = -radius; b <= radius; b++) {
            const uint8_t *row =
                moving + 16 * (size_t)nx * (clampi(cy + b, 0, ny - 1) + (size_t)ny * clampi(cz + c, 0, nz - 1));
            for (int a = -radius; a <= radius; a++)
              *to++ = (uint16_t)((squared_difference(fixed + 16 * n, row + 16 * clampi(cx + a, 0, nx - 1)) >> 4) *
                                     weight[n] >> 8);
          }
      }
}

// The displacement with the least cost + pull·|d - u|² for every voxel.
EXPORT(search_best)
void search_best(const uint16_t *cost, const float *start, const float *u, int nx, int ny, int nz, int radius, float pull,
                 int z0, int z1, float *restrict best) {
  const size_t count = (size_t)nx * ny * nz;
  const int side = 2 * radius + 1;
  for (size_t n = (size_t)nx * ny * z0; n < (size_t)nx * ny * z1; n++) {
    float from[3], to[3];
    for (int axis = 0; axis < 3; axis++) {
      from[axis] = __builtin_floorf(start[count * axis + n] + 0.5f);
      to[axis] = u[count * axis + n] - from[axis];
    }
    const uint16_t *p = cost + n * side * side * side;
    float least = 3.4e38f;
    int at = 0;
    for (int c = 0, k = 0; c < side; c++) {
      const float dz = c - radius - to[2];
      for (int b = 0; b < side; b++) {
        const float dy = b - radius - to[1], far = dz * dz + dy * dy;
        for (int a = 0; a < side; a++, k++) {
          const float dx = a - radius - to[0], value = p[k] + pull * (far + dx * dx);
          if (value < least) least = value, at = k;
        }
      }
    }
    best[n] = from[0] + at % side - radius;
    best[count + n] = from[1] + at / side % side - radius;
    best[2 * count + n] = from[2] + at / (side * side) - radius;
  }
}

// Binomial smoothing (1 2 1)/4 along each axis, edges repeated; `out` planes z0..z1 of all three components.
EXPORT(smooth_nodes)
void smooth_nodes(const float *in, int nx, int ny, int nz, int z0, int z1, float *restrict out, float *scratch) {
  const int plane = nx * ny;
  for (int axis = 0; axis < 3; axis++) {
    const float *p = in + (size_t)plane * nz * axis;
    float *q = out + (size_t)plane * nz * axis;
    for (int z = z0; z < z1; z++) {
      const float *low = p + (size_t)plane * clampi(z - 1, 0, nz - 1), *here = p + (size_t)plane * z;
      const float *high = p + (size_t)plane * clampi(z + 1, 0, nz - 1);
      for (int n = 0; n < plane; n++) scratch[n] = 0.25f * low[n] + 0.5f * here[n] + 0.25f * high[n];
      float *to = q + (size_t)plane * z, *line = scratch + plane;
      for (int y = 0; y < ny; y++) {
        const float *a = scratch + nx * clampi(y - 1, 0, ny - 1), *b = scratch + nx * y;
        const float *c = scratch + nx * clampi(y + 1, 0, ny - 1);
        for (int x = 0; x < nx; x++) line[x] = 0.25f * a[x] + 0.5f * b[x] + 0.25f * c[x];
        for (int x = 0; x < nx; x++)
          to[nx * y + x] = 0.25f * line[x > 0 ? x - 1 : x] + 0.5f * line[x] + 0.25f * line[x < nx - 1 ? x + 1 : x];
      }
    }
  }
}

// Values on blocks of twice the size, linearly, for planes z0..z1 of the finer nodes (mx·my·mz), times `factor`.
EXPORT(refine_nodes)
void refine_nodes(const float *in, int nx, int ny, int nz, int mx, int my, int mz, float factor, int z0, int z1,
                  float *restrict out) {
  for (int axis = 0; axis < 3; axis++) {
    const float *p = in + (size_t)nx * ny * nz * axis;
    float *q = out + (size_t)mx * my * mz * axis;
    for (int z = z0; z < z1; z++) {
      const int zn = z >> 1, zf = clampi(zn + (z & 1 ? 1 : -1), 0, nz - 1);
      for (int y = 0; y < my; y++) {
        const int yn = y >> 1, yf = clampi(yn + (y & 1 ? 1 : -1), 0, ny - 1);
        const float *a = p + (size_t)nx * (yn + (size_t)ny * zn), *b = p + (size_t)nx * (yf + (size_t)ny * zn);
        const float *c = p + (size_t)nx * (yn + (size_t)ny * zf), *d = p + (size_t)nx * (yf + (size_t)ny * zf);
        float *to = q + (size_t)mx * (y + (size_t)my * z);
        for (int x = 0; x < mx; x++) {
          const int n = x >> 1, f = clampi(n + (x & 1 ? 1 : -1), 0, nx - 1);
          const float near = 0.5625f * a[n] + 0.1875f * (b[n] + c[n]) + 0.0625f * d[n];
          const float far = 0.5625f * a[f] + 0.1875f * (b[f] + c[f]) + 0.0625f * d[f];
          to[x] = factor * (0.75f * near + 0.25f * far);
        }
      }
    }
  }
}

// --- Gauss-Newton --------------------------------------------------------------------------------------------------

typedef struct {
  const uint8_t *fixed, *moving;             // 16 bytes a voxel
  const uint8_t *fixed_weight, *moving_weight;  // 0 leaves a voxel out
  int nx, ny, nz;                            // voxels
} Images;

typedef struct {
  f4 a[6], b[3];
  float squares, weight;
} Normal;

#define HALF_UNIT (1.0f / 16320)  // a descriptor of 255, halved, in the sixteen bits used here

static inline v128_t lerp(v128_t a, v128_t difference, v128_t weight) {
  return wasm_i16x8_add(a, wasm_i16x8_q15mulr_sat(difference, weight));
}

// Adds the residual of one voxel under a displaced point, and its derivatives, to the normal equations.
static inline void add_voxel(const Images *s, size_t n, float px, float py, float pz, float robust, Normal *sum) {
  const int nx = s->nx, ny = s->ny, nz = s->nz;
  if (!(px >= 0 && py >= 0 && pz >= 0 && px <= nx - 1 && py <= ny - 1 && pz <= nz - 1)) return;
  int ix = (int)px, iy = (int)py, iz = (int)pz;
  ix = ix > nx - 2 ? nx - 2 : ix, iy = iy > ny - 2 ? ny - 2 : iy, iz = iz > nz - 2 ? nz - 2 : iz;
  const float fx = px - ix, fy = py - iy, fz = pz - iz;
  const size_t at = ix + (size_t)nx * (iy + (size_t)ny * iz);
  const size_t near = (fx >= 0.5f) + (size_t)nx * ((fy >= 0.5f) + (size_t)ny * (fz >= 0.5f));
  const int weight = s->fixed_weight[n] * s->moving_weight[at + near];
  if (weight == 0) return;
  const uint8_t *m = s->moving + 16 * at;
  const size_t dy = 16 * (size_t)nx, dz = dy * ny;
  const v128_t wx = wasm_i16x8_splat((int16_t)(fx * 32767)), wy = wasm_i16x8_splat((int16_t)(fy * 32767));
  const v128_t wz = wasm_i16x8_splat((int16_t)(fz * 32767));
  v128_t xx = wasm_i32x4_splat(0), xy = xx, xz = xx, yy = xx, yz = xx, zz = xx, rx = xx, ry = xx, rz = xx, rr = xx;
  for (int half = 0; half < 16; half += 8) {
    const uint8_t *p = m + half;
#define CORNER(offset) wasm_i16x8_shl(wasm_u16x8_load8x8(p + (offset)), 7)
    const v128_t c00 = CORNER(0), c10 = CORNER(dy), c01 = CORNER(dz), c11 = CORNER(dy + dz);
    const v128_t d00 = wasm_i16x8_sub(CORNER(16), c00), d10 = wasm_i16x8_sub(CORNER(dy + 16), c10);
    const v128_t d01 = wasm_i16x8_sub(CORNER(dz + 16), c01), d11 = wasm_i16x8_sub(CORNER(dy + dz + 16), c11);
#undef CORNER
    const v128_t e00 = lerp(c00, d00, wx), e10 = lerp(c10, d10, wx), e01 = lerp(c01, d01, wx), e11 = lerp(c11, d11, wx);
    const v128_t g0 = wasm_i16x8_sub(e10, e00), g1 = wasm_i16x8_sub(e11, e01);
    const v128_t f0 = lerp(e00, g0, wy), f1 = lerp(e01, g1, wy);
    const v128_t up = wasm_i16x8_sub(f1, f0);
    const v128_t value = lerp(f0, up, wz);
    // Halved: differences of differences would not fit otherwise.
    const v128_t h00 = wasm_i16x8_shr(d00, 1), h10 = wasm_i16x8_shr(d10, 1), h01 = wasm_i16x8_shr(d01, 1);
    const v128_t h11 = wasm_i16x8_shr(d11, 1);
    const v128_t h0 = lerp(h00, wasm_i16x8_sub(h10, h00), wy), h1 = lerp(h01, wasm_i16x8_sub(h11, h01), wy);
    const v128_t gx = lerp(h0, wasm_i16x8_sub(h1, h0), wz);
    const v128_t k0 = wasm_i16x8_shr(g0, 1), k1 = wasm_i16x8_shr(g1, 1);
    const v128_t gy = lerp(k0, wasm_i16x8_sub(k1, k0), wz);
    const v128_t gz = wasm_i16x8_shr(up, 1);
    const v128_t target = wasm_i16x8_shl(wasm_u16x8_load8x8(s->fixed + 16 * n + half), 6);
    const v128_t r = wasm_i16x8_sub(wasm_i16x8_shr(value, 1), target);
#define DOT(to, a, b) to = wasm_i32x4_add(to, wasm_i32x4_dot_i16x8(a, b))
    DOT(xx, gx, gx), DOT(xy, gx, gy), DOT(xz, gx, gz), DOT(yy, gy, gy), DOT(yz, gy, gz), DOT(zz, gz, gz);
    DOT(rx, gx, r), DOT(ry, gy, r), DOT(rz, gz, r), DOT(rr, r, r);
#undef DOT
  }
  const f4 squares = (f4)wasm_f32x4_convert_i32x4(rr);
  const float unit = HALF_UNIT * HALF_UNIT;
  const float residual = unit * ((squares[0] + squares[1]) + (squares[2] + squares[3]));
  float w = weight * (1.0f / 65025);
  sum->weight += w;
  // Cauchy: what differs much (a lesion without counterpart) pulls little.
  if (robust > 0) {
    const float ratio = residual / robust;
    sum->squares += w * robust * (ratio / (1 + ratio));
    w /= (1 + ratio) * (1 + ratio);
  } else {
    sum->squares += w * residual;
  }
  const f4 scale = splat(w * unit);
  const v128_t products[9] = {xx, xy, xz, yy, yz, zz, rx, ry, rz};
  for (int c = 0; c < 6; c++) sum->a[c] += scale * (f4)wasm_f32x4_convert_i32x4(products[c]);
  for (int c = 0; c < 3; c++) sum->b[c] += scale * (f4)wasm_f32x4_convert_i32x4(products[6 + c]);
}

// Lower and upper node and the weight of the upper one for voxel v of an axis with n nodes of `stride` voxels.
static inline void node_of(int v, int n, int stride, int *low, int *high, float *upper) {
  const float p = (v + 0.5f) / stride - 0.5f;
  const int base = (int)__builtin_floorf(p);
  *upper = p - base;
  *low = clampi(base, 0, n - 1);
  *high = clampi(base + 1, 0, n - 1);
}

// The normal equations of each node of planes z0..z1 under the field u: a (6 planar, symmetric) and b (3 planar); sums[2·z]
// is the sum of squares, sums[2·z+1] the weight compared. `images` lies in memory as the struct above.
EXPORT(deform_normal)
void deform_normal(const Images *images, const float *u, int nx, int ny, int nz, int stride, float robust, int z0, int z1,
                   float *restrict a, float *restrict b, double *restrict sums) {
  const Images s = *images;
  const size_t count = (size_t)nx * ny * nz;
  for (int z = z0; z < z1; z++) {
    double squares = 0, weight = 0;
    for (int y = 0; y < ny; y++)
      for (int x = 0; x < nx; x++) {
        const size_t node = x + (size_t)nx * (y + (size_t)ny * z);
        Normal sum = {0};
        for (int vz = z * stride; vz < (z + 1) * stride && vz < s.nz; vz++)
          for (int vy = y * stride; vy < (y + 1) * stride && vy < s.ny; vy++)
            for (int vx = x * stride; vx < (x + 1) * stride && vx < s.nx; vx++) {
              const size_t n = vx + (size_t)s.nx * (vy + (size_t)s.ny * vz);
              if (s.fixed_weight[n] == 0) continue;
              float d[3];
              if (stride == 1) {
                for (int axis = 0; axis < 3; axis++) d[axis] = u[count * axis + node];
              } else {
                int x1, x2, y1, y2, z1_, z2_;
                float fx, fy, fz;
                node_of(vx, nx, stride, &x1, &x2, &fx);
                node_of(vy, ny, stride, &y1, &y2, &fy);
                node_of(vz, nz, stride, &z1_, &z2_, &fz);
                const size_t r1 = (size_t)nx * (y1 + (size_t)ny * z1_), r2 = (size_t)nx * (y2 + (size_t)ny * z1_);
                const size_t r3 = (size_t)nx * (y1 + (size_t)ny * z2_), r4 = (size_t)nx * (y2 + (size_t)ny * z2_);
                for (int axis = 0; axis < 3; axis++) {
                  const float *p = u + count * axis;
                  const float c1 = p[r1 + x1] + (p[r1 + x2] - p[r1 + x1]) * fx;
                  const float c2 = p[r2 + x1] + (p[r2 + x2] - p[r2 + x1]) * fx;
                  const float c3 = p[r3 + x1] + (p[r3 + x2] - p[r3 + x1]) * fx;
                  const float c4 = p[r4 + x1] + (p[r4 + x2] - p[r4 + x1]) * fx;
                  const float e1 = c1 + (c2 - c1) * fy, e2 = c3 + (c4 - c3) * fy;
                  d[axis] = e1 + (e2 - e1) * fz;
                }
              }
              add_voxel(&s, n, vx + d[0], vy + d[1], vz + d[2], robust, &sum);
            }
        for (int c = 0; c < 6; c++) a[count * c + node] = (sum.a[c][0] + sum.a[c][1]) + (sum.a[c][2] + sum.a[c][3]);
        for (int c = 0; c < 3; c++) b[count * c + node] = (sum.b[c][0] + sum.b[c][1]) + (sum.b[c][2] + sum.b[c][3]);
        squares += sum.squares, weight += sum.weight;
      }
    sums[2 * z] = squares;
    sums[2 * z + 1] = weight;
  }
}

// The negative Laplacian with closed borders of one row.
static inline void laplace_row(const float *p, int nx, int ny, int nz, int y, int z, float *restrict out) {
  const size_t plane = (size_t)nx * ny;
  const float *here = p + plane * z + (size_t)nx * y;
  const float *south = y > 0 ? here - nx : here, *north = y < ny - 1 ? here + nx : here;
  const float *low = z > 0 ? here - plane : here, *high = z < nz - 1 ? here + plane : here;
  for (int x = 0; x < nx; x++) out[x] = 4 * here[x] - (south[x] + north[x]) - (low[x] + high[x]);
  for (int x = 1; x < nx - 1; x++) out[x] += 2 * here[x] - (here[x - 1] + here[x + 1]);
  if (nx > 1) {
    out[0] += here[0] - here[1];
    out[nx - 1] += here[nx - 1] - here[nx - 2];
  }
}

// out = L·p on planes z0..z1 of all components.
EXPORT(deform_laplace)
void deform_laplace(const float *p, int nx, int ny, int nz, int z0, int z1, float *restrict out) {
  const size_t count = (size_t)nx * ny * nz;
  for (int axis = 0; axis < 3; axis++)
    for (int z = z0; z < z1; z++)
      for (int y = 0; y < ny; y++)
        laplace_row(p + count * axis, nx, ny, nz, y, z, out + count * axis + (size_t)nx * (y + (size_t)ny * z));
}

// Starts a linear solve for the step: residual r = -(b + S u), inverse blocks of the diagonal, z and p; x = 0. S weighs
// |∇u|² by `membrane` and |Δu|² by `bending`; `floor` weighs the step itself. `lu` is L·u. sums[z] = r·z of the plane.
EXPORT(deform_start)
void deform_start(const float *a, const float *b, const float *lu, int nx, int ny, int nz, float membrane,
                  float bending, float floor, int z0, int z1, float *restrict inverse, float *restrict r, float *restrict z_,
                  float *restrict p, float *restrict x_, double *restrict sums, float *scratch) {
  const size_t count = (size_t)nx * ny * nz;
  for (int z = z0; z < z1; z++) {
    double sum = 0;
    for (int y = 0; y < ny; y++) {
      const size_t row = (size_t)nx * (y + (size_t)ny * z);
      for (int axis = 0; axis < 3; axis++) {
        const float *first = lu + count * axis + row;
        laplace_row(lu + count * axis, nx, ny, nz, y, z, scratch);
        float *to = r + count * axis + row;
        const float *from = b + count * axis + row;
        for (int x = 0; x < nx; x++) to[x] = -from[x] - membrane * first[x] - bending * scratch[x];
      }
      for (int x = 0; x < nx; x++) {
        const size_t n = row + x;
        const float stiff = 6 * membrane + 42 * bending + floor;
        const float xx = a[n] + stiff, xy = a[count + n], xz = a[2 * count + n], yy = a[3 * count + n] + stiff;
        const float yz = a[4 * count + n], zz = a[5 * count + n] + stiff;
        const float i0 = yy * zz - yz * yz, i1 = xz * yz - xy * zz, i2 = xy * yz - xz * yy;
        const float scale = 1 / (xx * i0 + xy * i1 + xz * i2);
        const float i3 = xx * zz - xz * xz, i4 = xy * xz - xx * yz, i5 = xx * yy - xy * xy;
        const float r0 = r[n], r1 = r[count + n], r2 = r[2 * count + n];
        inverse[n] = i0 * scale, inverse[count + n] = i1 * scale, inverse[2 * count + n] = i2 * scale;
        inverse[3 * count + n] = i3 * scale, inverse[4 * count + n] = i4 * scale, inverse[5 * count + n] = i5 * scale;
        const float q0 = scale * (i0 * r0 + i1 * r1 + i2 * r2), q1 = scale * (i1 * r0 + i3 * r1 + i4 * r2);
        const float q2 = scale * (i2 * r0 + i4 * r1 + i5 * r2);
        z_[n] = p[n] = q0, z_[count + n] = p[count + n] = q1, z_[2 * count + n] = p[2 * count + n] = q2;
        x_[n] = x_[count + n] = x_[2 * count + n] = 0;
        sum += (double)r0 * q0 + (double)r1 * q1 + (double)r2 * q2;
      }
    }
    sums[z] = sum;
  }
}

// q = (A + S + floor)·p; `lp` is L·p; sums[z] = p·q of the plane.
EXPORT(deform_apply)
void deform_apply(const float *a, const float *p, const float *lp, int nx, int ny, int nz, float membrane, float bending,
                  float floor, int z0, int z1, float *restrict q, double *restrict sums, float *scratch) {
  const size_t count = (size_t)nx * ny * nz;
  for (int z = z0; z < z1; z++) {
    double sum = 0;
    for (int y = 0; y < ny; y++) {
      const size_t row = (size_t)nx * (y + (size_t)ny * z);
      const float *p0 = p + row, *p1 = p0 + count, *p2 = p1 + count, *m = a + row;
      for (int axis = 0; axis < 3; axis++) {
        const float *own = p + count * axis + row, *first = lp + count * axis + row;
        float *to = q + count * axis + row;
        if (bending != 0) laplace_row(lp + count * axis, nx, ny, nz, y, z, scratch);
        else for (int x = 0; x < nx; x++) scratch[x] = 0;
        const float *m0 = m + count * (axis == 0 ? 0 : axis == 1 ? 1 : 2), *m1 = m + count * (axis == 0 ? 1 : axis == 1 ? 3 : 4);
        const float *m2 = m + count * (axis == 0 ? 2 : axis == 1 ? 4 : 5);
        for (int x = 0; x < nx; x++)
          to[x] = m0[x] * p0[x] + m1[x] * p1[x] + m2[x] * p2[x] + membrane * first[x] + bending * scratch[x] + floor * own[x];
        double part = 0;
        for (int x = 0; x < nx; x++) part += (double)to[x] * own[x];
        sum += part;
      }
    }
    sums[z] = sum;
  }
}

// x += step·p; r -= step·q; z = inverse·r; sums[z] = r·z of the plane.
EXPORT(deform_step)
void deform_step(const float *inverse, const float *p, const float *q, int nx, int ny, int nz, float step, int z0, int z1,
                 float *restrict x_, float *restrict r, float *restrict z_, double *restrict sums) {
  const size_t count = (size_t)nx * ny * nz, plane = (size_t)nx * ny;
  for (int z = z0; z < z1; z++) {
    double sum = 0;
    for (size_t n = plane * z; n < plane * (z + 1); n++) {
      float v[3];
      for (int axis = 0; axis < 3; axis++) {
        const size_t at = count * axis + n;
        x_[at] += step * p[at];
        v[axis] = r[at] -= step * q[at];
      }
      const float i0 = inverse[n], i1 = inverse[count + n], i2 = inverse[2 * count + n], i3 = inverse[3 * count + n];
      const float i4 = inverse[4 * count + n], i5 = inverse[5 * count + n];
      const float q0 = i0 * v[0] + i1 * v[1] + i2 * v[2], q1 = i1 * v[0] + i3 * v[1] + i4 * v[2];
      const float q2 = i2 * v[0] + i4 * v[1] + i5 * v[2];
      z_[n] = q0, z_[count + n] = q1, z_[2 * count + n] = q2;
      sum += (double)v[0] * q0 + (double)v[1] * q1 + (double)v[2] * q2;
    }
    sums[z] = sum;
  }
}

// p = z + factor·p.
EXPORT(deform_turn)
void deform_turn(const float *z_, float factor, int nx, int ny, int nz, int z0, int z1, float *p) {
  const size_t count = (size_t)nx * ny * nz, plane = (size_t)nx * ny;
  for (int axis = 0; axis < 3; axis++)
    for (size_t n = count * axis + plane * z0; n < count * axis + plane * z1; n++) p[n] = z_[n] + factor * p[n];
}

// u += x, no step longer than `longest` voxels.
EXPORT(deform_move)
void deform_move(const float *x_, float longest, int nx, int ny, int nz, int z0, int z1, float *u) {
  const size_t count = (size_t)nx * ny * nz, plane = (size_t)nx * ny;
  for (size_t n = plane * z0; n < plane * z1; n++) {
    const float dx = x_[n], dy = x_[count + n], dz = x_[2 * count + n];
    const float length = __builtin_sqrtf(dx * dx + dy * dy + dz * dz);
    const float scale = length > longest ? longest / length : 1;
    u[n] += scale * dx, u[count + n] += scale * dy, u[2 * count + n] += scale * dz;
  }
}
