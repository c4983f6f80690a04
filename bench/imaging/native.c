// The kernels of packages/imaging/kernels built for this processor, driven as simply as C allows: whole volumes in
// memory, one thread per range of planes, the result allocated anew in each run (as ours is).
//   native affine|gaussian EDGE THREADS RUNS OUT MATRIX
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../packages/imaging/kernels/gaussian.c"
#include "../../packages/imaging/kernels/resample.c"

#define MOST_THREADS 64

static int edge;
static float *source, *target;
static double matrix[16];
static int radius;
static float taps[64];

typedef struct {
  int from, to;
} Range;

static void *affine(void *argument) {
  const Range *range = argument;
  const int n = edge;
  Job job = {.size = {n, n, n},
             .box = {n, n, n},
             .tile_start = {0, 0, range->from},
             .tile = {n, n, range->to - range->from},
             .mode = LINEAR,
             .source = source,
             .target = target + (size_t)n * n * range->from};
  memcpy(job.affine, matrix, sizeof job.affine);
  resample_tile(&job);
  return NULL;
}

// The same moving window of filtered planes as packages/imaging/src/pool/operations/smooth.ts.
static void *gaussian(void *argument) {
  const Range *range = argument;
  const int n = edge, window = 2 * radius + 1;
  const size_t plane = (size_t)n * n;
  float *along = malloc(plane * 4), *filtered = malloc(plane * 4 * window);
  float *lines[128];
  void *scratch = malloc(16 * (radius + 4) + 8 * radius + 4 * n + 4096);
  int next = range->from - radius < 0 ? 0 : range->from - radius;
  for (int z = range->from; z < range->to; z++) {
    for (; next <= z + radius && next < n; next++) {
      convolve_x(source + plane * next, along, n, n, taps, radius, scratch);
      convolve_y(along, 0, n, filtered + plane * (next % window), 0, n, n, taps, radius, scratch);
    }
    for (int t = -radius; t <= radius; t++) lines[t + radius] = filtered + plane * (clampi(z + t, 0, n - 1) % window);
    convolve_z(lines, target + plane * z, (int)plane, taps, radius, scratch);
  }
  free(along);
  free(filtered);
  free(scratch);
  return NULL;
}

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  if (count != 7) return 2;
  edge = atoi(arguments[2]);
  const int threads = atoi(arguments[3]) < MOST_THREADS ? atoi(arguments[3]) : MOST_THREADS, runs = atoi(arguments[4]);
  const size_t voxels = (size_t)edge * edge * edge;
  FILE *file = fopen(arguments[6], "rb");
  if (!file || fread(matrix, 8, 16, file) != 16) return 2;
  fclose(file);
  source = malloc(voxels * 4);
  uint32_t index = 0;
  for (int z = 0; z < edge; z++)
    for (int y = 0; y < edge; y++)
      for (int x = 0; x < edge; x++, index++)
        source[index] = (float)(sin(x * .11) * cos(y * .07) + sin(z * .05) + ((index * 2654435761u >> 20) & 1023) / 4096.0);
  const double sigma = 2;
  radius = (int)(4 * sigma + .5);
  double sum = 0;
  for (int t = 0; t <= radius; t++) sum += (t ? 2 : 1) * exp(-.5 * t * t / (sigma * sigma));
  for (int t = 0; t <= radius; t++) taps[t] = (float)(exp(-.5 * t * t / (sigma * sigma)) / sum);

  void *(*work)(void *) = strcmp(arguments[1], "affine") == 0 ? affine : gaussian;
  double wall = 1e9, cpu = 1e9;
  for (int run = 0; run < runs; run++) {
    const double start = seconds(CLOCK_MONOTONIC), before = seconds(CLOCK_PROCESS_CPUTIME_ID);
    target = calloc(voxels, 4);
    pthread_t ids[MOST_THREADS];
    Range ranges[MOST_THREADS];
    for (int t = 0; t < threads; t++) {
      ranges[t] = (Range){edge * t / threads, edge * (t + 1) / threads};
      pthread_create(&ids[t], NULL, work, &ranges[t]);
    }
    for (int t = 0; t < threads; t++) pthread_join(ids[t], NULL);
    const double took = seconds(CLOCK_MONOTONIC) - start, used = seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
    if (took < wall) wall = took;
    if (used < cpu) cpu = used;
    if (run < runs - 1) free(target);
  }
  file = fopen(arguments[5], "wb");
  if (!file || fwrite(target, 4, voxels, file) != voxels) return 2;
  fclose(file);
  printf("%f %f\n", wall * 1e3, cpu * 1e3);
  return 0;
}
