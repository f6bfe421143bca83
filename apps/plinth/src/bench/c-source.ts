/**
 * The margin of every account as one writes it down plainly in C: equity, the scan in its three measures for
 * both widths, basis, concentration, venue credit and liquidity coverage, each a straight loop over
 * positions, balances, places and columns. The book is drawn at random; only its shape is like the other's.
 */
export const PLAIN_LOOP = `
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
static double uniform(void) { return rand() / (double)RAND_MAX; }
static double lowest(const double *row, int n) {
  double low = 0;
  for (int c = 0; c < n; c++) low = row[c] < low ? row[c] : low;
  return low;
}
static double *reals(long n) { return calloc(n, sizeof(double)); }
static int *whole(long n) { return calloc(n, sizeof(int)); }
static double unwind(double k, double value) {
  double cost = k * value * sqrt(value);
  return cost < 0.1 * value ? cost : 0.1 * value;
}

int A, P, B, I, S, L, U, G, C, W;
int *key, *asset, *place, *of_underlying, *of_venue, *of_settlement, *group_of, *asset_underlying, *is_venue;
double *quantity, *entry, *amount, *mark, *notional, *impact, *required_share, *band, *rows;
double *price, *haircut, *asset_impact, *asset_band, *shapes, *transferable, *credit;
double *by_underlying, *by_group, *total, *excess, *equity_at, *required, *held, *owned, *lng, *shrt;

static void add(double *to, double x, const double *from) {
  for (int c = 0; c < W; c++) to[c] += x * from[c];
}

static double coverage(int from, int to) {
  double worst = 0;
  for (int c = from; c < to; c++) {
    double need = 0, free_ = 0, all = 0, stuck = 0;
    for (int l = 1; l < L; l++) {
      double e = equity_at[l] - required[l] + excess[(long)l * W + c];
      if (e < 0) need -= e;
      else {
        double movable = transferable[l] * e;
        free_ += movable;
        all += e;
        if (is_venue[l] && movable > stuck) stuck = movable;
      }
    }
    double charge = fmax(0, need - (free_ - stuck)) - fmax(0, need - all);
    if (charge > worst) worst = charge;
  }
  return worst;
}

static void account(long a, double *out) {
  memset(by_underlying, 0, (long)U * W * sizeof(double));
  memset(by_group, 0, (long)G * W * sizeof(double));
  memset(excess, 0, (long)L * W * sizeof(double));
  memset(total, 0, W * sizeof(double));
  memset(equity_at, 0, L * sizeof(double));
  memset(required, 0, L * sizeof(double));
  memset(held, 0, S * sizeof(double));
  memset(owned, 0, S * sizeof(double));
  memset(lng, 0, U * sizeof(double));
  memset(shrt, 0, U * sizeof(double));
  for (long r = a * B; r < (a + 1) * B; r++) {
    int s = asset[r], l = place[r], u = asset_underlying[s];
    double worth = amount[r] * price[s];
    held[s] += amount[r];
    owned[s] += amount[r];
    equity_at[l] += worth * (1 - haircut[s]);
    if (u >= 0) add(excess + (long)l * W, worth, shapes + (long)u * W);
  }
  double unrealised = 0, gross = 0, concentration = 0, bands = 0;
  for (long r = a * P; r < (a + 1) * P; r++) {
    int i = key[r], u = of_underlying[i], l = of_venue[i], s = of_settlement[i];
    double q = quantity[r], profit = q * (mark[i] - entry[r]), worth = profit * price[s];
    double value = fabs(q) * notional[i];
    unrealised += worth;
    gross += value;
    concentration += unwind(impact[i], value);
    bands += fabs(q) * band[i];
    owned[s] += profit;
    equity_at[l] += worth;
    required[l] += value * required_share[l];
    if (q > 0) lng[u] += value; else shrt[u] += value;
    add(by_underlying + (long)u * W, q, rows + (long)i * W);
    add(excess + (long)l * W, q, rows + (long)i * W);
  }
  double value = 0, haircuts = 0, costs = 0;
  for (int s = 0; s < S; s++) {
    if (owned[s] == 0) continue;
    int u = asset_underlying[s];
    double worth = owned[s] * price[s];
    value += held[s] * price[s];
    bands += fabs(owned[s]) * asset_band[s];
    if (u < 0) { haircuts += haircut[s] * fabs(worth); continue; }
    costs += unwind(asset_impact[s], fabs(held[s]) * price[s]);
    if (worth > 0) lng[u] += worth; else shrt[u] -= worth;
    add(by_underlying + (long)u * W, worth, shapes + (long)u * W);
  }
  double own = 0, own2 = 0, group = 0, group2 = 0, basis = 0, charge = 0;
  for (int u = 0; u < U; u++) {
    const double *from = by_underlying + (long)u * W;
    own -= lowest(from, C);
    own2 -= lowest(from + C, C);
    basis += 0.01 * fmin(lng[u], shrt[u]);
    add(by_group + (long)group_of[u] * W, 1, from);
  }
  for (int g = 0; g < G; g++) {
    const double *from = by_group + (long)g * W;
    group -= lowest(from, C);
    group2 -= lowest(from + C, C);
    add(total, 1, from);
  }
  for (int l = 1; l < L; l++) charge += fmax(0, equity_at[l]) * credit[l];
  double scan = -0.5 * lowest(total, C) + 0.1 * group + 0.4 * own;
  double scan2 = -0.5 * lowest(total + C, C) + 0.1 * group2 + 0.4 * own2;
  out[0] = value + unrealised - haircuts - costs;
  out[1] = scan + basis + concentration + charge + coverage(0, C);
  out[2] = scan2 + basis + concentration + charge + coverage(C, W) + bands;
  out[3] = gross;
}

int main(int argc, char **argv) {
  if (argc != 11) return 2;
  A = atoi(argv[1]); P = atoi(argv[2]); B = atoi(argv[3]); I = atoi(argv[4]); S = atoi(argv[5]);
  L = atoi(argv[6]); U = atoi(argv[7]); G = atoi(argv[8]); C = atoi(argv[9]); W = 2 * C;
  double for_ms = atof(argv[10]);
  long positions = (long)A * P, balances = (long)A * B;
  srand(1);
  key = whole(positions); quantity = reals(positions); entry = reals(positions);
  asset = whole(balances); place = whole(balances); amount = reals(balances);
  of_underlying = whole(I); of_venue = whole(I); of_settlement = whole(I);
  mark = reals(I); notional = reals(I); impact = reals(I); band = reals(I); rows = reals((long)I * W);
  asset_underlying = whole(S); price = reals(S); haircut = reals(S);
  asset_impact = reals(S); asset_band = reals(S);
  shapes = reals((long)U * W); group_of = whole(U);
  is_venue = whole(L); transferable = reals(L); credit = reals(L); required_share = reals(L);
  by_underlying = reals((long)U * W); by_group = reals((long)G * W);
  total = reals(W); excess = reals((long)L * W);
  equity_at = reals(L); required = reals(L); held = reals(S); owned = reals(S);
  lng = reals(U); shrt = reals(U);
  for (long r = 0; r < positions; r++) {
    key[r] = rand() % I; quantity[r] = uniform() - 0.5; entry[r] = 100 + uniform();
  }
  for (long r = 0; r < balances; r++) {
    asset[r] = rand() % S; place[r] = 1 + rand() % (L - 1); amount[r] = 10 * uniform();
  }
  for (int i = 0; i < I; i++) {
    of_underlying[i] = rand() % U; of_venue[i] = 1 + rand() % (L - 1); of_settlement[i] = rand() % S;
    mark[i] = 100 + uniform(); notional[i] = mark[i]; impact[i] = 1e-5; band[i] = 0.1;
  }
  for (long r = 0; r < (long)I * W; r++) rows[r] = 20 * (uniform() - 0.5);
  for (long r = 0; r < (long)U * W; r++) shapes[r] = uniform() - 0.5;
  for (int s = 0; s < S; s++) {
    asset_underlying[s] = s < U ? s : -1; price[s] = 1 + uniform(); haircut[s] = s < U ? 0 : 0.05;
    asset_impact[s] = 1e-5; asset_band[s] = 0.001;
  }
  for (int u = 0; u < U; u++) group_of[u] = u % G;
  for (int l = 0; l < L; l++) {
    is_venue[l] = l > 0 && l < L - 1; transferable[l] = 0.9; credit[l] = 0.001; required_share[l] = 0.05;
  }
  long done = 0;
  double out[4], sum = 0, started = now(), took = 0;
  do {
    for (long a = 0; a < A; a++) {
      account(a, out);
      sum += out[0] + out[1] + out[2] + out[3];
    }
    done += A;
    took = now() - started;
  } while (took < for_ms);
  printf("%ld %.6f %.3f\\n", done, took, sum);
  return 0;
}
`;
