// Voxels of any type to float and back.
#include "kernels.h"

#define TO_FLOAT(T)                              \
  {                                              \
    const T *s = source;                         \
    for (int i = 0; i < n; i++) d[i] = (float)s[i]; \
  }                                              \
  break

EXPORT(to_float)
void to_float(int type, const void *source, float *restrict d, int n) {
  switch (type) {
    case U8: TO_FLOAT(uint8_t);
    case I8: TO_FLOAT(int8_t);
    case U16: TO_FLOAT(uint16_t);
    case I16: TO_FLOAT(int16_t);
    case U32: TO_FLOAT(uint32_t);
    case I32: TO_FLOAT(int32_t);
    case F32: __builtin_memcpy(d, source, (size_t)n * 4); break;
    case F64: TO_FLOAT(double);
  }
}

// Nearest integer, halves to even, clamped; NaN becomes 0.
#define FROM_FLOAT(T, LOW, HIGH)                       \
  {                                                    \
    T *d = target;                                     \
    for (int i = 0; i < n; i++) {                      \
      float v = s[i];                                  \
      v = v == v ? v : 0.0f;                           \
      v = v < (LOW) ? (LOW) : v;                       \
      v = v > (HIGH) ? (HIGH) : v;                     \
      d[i] = (T)__builtin_rintf(v);                    \
    }                                                  \
  }                                                    \
  break

EXPORT(from_float)
void from_float(int type, const float *restrict s, void *target, int n) {
  switch (type) {
    case U8: FROM_FLOAT(uint8_t, 0.0f, 255.0f);
    case I8: FROM_FLOAT(int8_t, -128.0f, 127.0f);
    case U16: FROM_FLOAT(uint16_t, 0.0f, 65535.0f);
    case I16: FROM_FLOAT(int16_t, -32768.0f, 32767.0f);
    // The largest float below 2^32 and 2^31.
    case U32: FROM_FLOAT(uint32_t, 0.0f, 4294967040.0f);
    case I32: FROM_FLOAT(int32_t, -2147483648.0f, 2147483520.0f);
    case F32: __builtin_memcpy(target, s, (size_t)n * 4); break;
    case F64: {
      double *d = target;
      for (int i = 0; i < n; i++) d[i] = s[i];
      break;
    }
  }
}

#define TO_MASK(T)                                  \
  {                                                 \
    const T *s = source;                            \
    for (int i = 0; i < n; i++) d[i] = s[i] != 0 ? 1 : 0; \
  }                                                 \
  break

// 1 where the voxel is not zero; NaN counts as zero.
EXPORT(to_mask)
void to_mask(int type, const void *source, uint8_t *restrict d, int n) {
  switch (type) {
    case U8:
    case I8: TO_MASK(uint8_t);
    case U16:
    case I16: TO_MASK(uint16_t);
    case U32:
    case I32: TO_MASK(uint32_t);
    case F32: {
      const float *s = source;
      for (int i = 0; i < n; i++) d[i] = s[i] != 0 && s[i] == s[i] ? 1 : 0;
      break;
    }
    case F64: {
      const double *s = source;
      for (int i = 0; i < n; i++) d[i] = s[i] != 0 && s[i] == s[i] ? 1 : 0;
      break;
    }
  }
}

// Rows as floats with their ends repeated `margin` times; lines of `length` floats, NaN as +infinity so that it sorts.
EXPORT(pad_rows)
void pad_rows(int type, const uint8_t *source, int bytes, int rows, int nx, int margin, int length, float *out) {
  for (int row = 0; row < rows; row++) {
    float *line = out + (size_t)row * length;
    to_float(type, source + (size_t)row * nx * bytes, line + margin, nx);
    for (int x = 0; x < nx; x++) {
      const float v = line[margin + x];
      line[margin + x] = v == v ? v : __builtin_inff();
    }
    for (int x = 0; x < margin; x++) line[x] = line[margin];
    for (int x = margin + nx; x < length; x++) line[x] = line[margin + nx - 1];
  }
}
