/**
 * Black's formula as a textbook has it, in C with the library's exp, log and erfc: price and six Greeks (mode
 * 0), prices over scenarios (mode 1), volatility by Newton's method (mode 2). It keeps no digits in the
 * wings.
 */
export const TEXTBOOK_BLACK = `
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
static double uniform(double a, double b) { return a + (b - a) * (rand() / (double)RAND_MAX); }
static double cdf(double x) { return 0.5 * erfc(-x * 0.70710678118654752440); }
static double pdf(double x) { return 0.3989422804014327 * exp(-0.5 * x * x); }
static double price(double F, double K, double s, double T, int call) {
  double v = s * sqrt(T), d1 = log(F / K) / v + 0.5 * v, d2 = d1 - v;
  return call ? F * cdf(d1) - K * cdf(d2) : K * cdf(-d2) - F * cdf(-d1);
}

int main(int argc, char **argv) {
  long n = atol(argv[1]); int mode = atoi(argv[2]), scenarios = atoi(argv[3]); double for_ms = atof(argv[4]);
  double *F = malloc(8 * n), *K = malloc(8 * n), *s = malloc(8 * n), *T = malloc(8 * n), *P = malloc(8 * n);
  double *out = malloc(8 * (n * (mode == 1 ? scenarios : 7))), *shock = malloc(8 * scenarios);
  for (long i = 0; i < n; i++) {
    F[i] = 100; K[i] = uniform(60, 160); s[i] = uniform(0.2, 1.5); T[i] = uniform(0.01, 1);
    P[i] = price(F[i], K[i], s[i], T[i], i & 1);
  }
  for (int c = 0; c < scenarios; c++) shock[c] = uniform(0.7, 1.3);
  double start = now(), units = 0;
  do {
    for (long i = 0; i < n; i++) {
      if (mode == 0) {
        double r = sqrt(T[i]), v = s[i] * r, d1 = log(F[i] / K[i]) / v + 0.5 * v, d2 = d1 - v, q = pdf(d1);
        double *o = out + 7 * i; int call = i & 1;
        o[0] = call ? F[i] * cdf(d1) - K[i] * cdf(d2) : K[i] * cdf(-d2) - F[i] * cdf(-d1);
        o[1] = call ? cdf(d1) : cdf(d1) - 1;
        o[2] = q / (F[i] * v); o[3] = F[i] * q * r; o[4] = -o[3] * s[i] / (2 * T[i]);
        o[5] = -q * d2 / s[i]; o[6] = o[3] * d1 * d2 / s[i];
      } else if (mode == 1) {
        double *o = out + i * scenarios;
        for (int c = 0; c < scenarios; c++) o[c] = price(F[i] * shock[c], K[i], s[i], T[i], i & 1);
      } else {
        double x = 0.5;
        for (int k = 0; k < 50; k++) {
          double v = x * sqrt(T[i]), d1 = log(F[i] / K[i]) / v + 0.5 * v;
          double step = (price(F[i], K[i], x, T[i], i & 1) - P[i]) / (F[i] * pdf(d1) * sqrt(T[i]));
          if (!(fabs(step) < 1)) step = step > 0 ? 0.5 * x : -0.5;
          x -= step; if (x < 1e-3) x = 1e-3;
          if (fabs(step) < 1e-14) break;
        }
        out[i] = x;
      }
    }
    units += (double)n * (mode == 1 ? scenarios : 1);
  } while (now() - start < for_ms);
  printf("%.0f %.3f\\n", units, now() - start);
  return out[n / 2] == 12345.678;
}
`;
