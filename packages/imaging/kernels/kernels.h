// Shared by all kernels. No libc, no static data: every worker runs its own instance on one shared memory and passes
// the addresses of its own arena. Vectors of 16 bytes are written out, so that WebAssembly SIMD is used and every
// processor rounds alike (no fused multiply-add, no relaxed SIMD). The same sources also build natively.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name)
#endif

typedef float f4 __attribute__((vector_size(16)));
typedef float f2 __attribute__((vector_size(8)));
typedef int32_t i4 __attribute__((vector_size(16)));

static inline f4 load4(const float *p) {
  f4 v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
static inline f2 load2(const float *p) {
  f2 v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
static inline void store4(float *p, f4 v) { __builtin_memcpy(p, &v, sizeof v); }
static inline f4 splat(float x) { return (f4){x, x, x, x}; }
static inline int clampi(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

// Codes of voxel types, as in src/pool/layout.ts.
enum { U8, I8, U16, I16, U32, I32, F32, F64 };
