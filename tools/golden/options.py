"""Reference values of libs/kernel/options in 60-digit arithmetic (needs mpmath).

    python3 tools/golden/options.py > libs/kernel/options/golden/black-76.json
"""

import json
import random

from mpmath import erfc, exp, log, mp, mpf, pi, sqrt

mp.dps = 60


def cdf(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def pdf(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def linear(call, f, k, s, t, df):
    """price, delta, gamma, vega, theta, rho, vanna, volga of V(F, s, T, r)."""
    o = 1 if call else -1
    v = s * sqrt(t)
    d1 = log(f / k) / v + v / 2
    d2 = d1 - v
    price = df * o * (f * cdf(o * d1) - k * cdf(o * d2))
    vega = df * f * pdf(d1) * sqrt(t)
    rate = -log(df) / t
    theta = -df * f * pdf(d1) * s / (2 * sqrt(t)) + rate * price
    vanna, volga = -df * pdf(d1) * d2 / s, vega * d1 * d2 / s
    return [price, df * o * cdf(o * d1), df * pdf(d1) / (f * v), vega, theta, -t * price, vanna, volga]


def inverse(call, f, k, s, t, df):
    """The same of V / F: the quotient rule, without any rearrangement."""
    p, delta, gamma, vega, theta, rho, vanna, volga = linear(call, f, k, s, t, df)
    return [
        p / f,
        delta / f - p / f**2,
        gamma / f - 2 * delta / f**2 + 2 * p / f**3,
        vega / f,
        theta / f,
        rho / f,
        vanna / f - vega / f**2,
        volga / f,
    ]


def cases():
    draw = random.Random(1976)
    yield True, 100.0, 100.0, 0.2, 1.0, 1.0
    yield False, 100.0, 100.0, 1e-4, 1e-4, 1.0
    yield True, 1e-6, 1e-6, 3.0, 0.5, 0.9
    yield True, 60000.0, 400000.0, 0.3, 0.02, 1.0
    yield False, 60000.0, 1.0, 0.9, 0.1, 0.99
    yield True, 100.0, 100.00000001, 0.05, 0.001, 1.0
    for _ in range(90):
        f = 10 ** draw.uniform(-2, 5)
        s, t = draw.uniform(0.05, 2.5), 10 ** draw.uniform(-4, 0.7)
        k = f * float(exp(draw.uniform(-3, 3) * s * float(t) ** 0.5))
        yield draw.random() < 0.5, f, k, s, t, draw.choice([1.0, draw.uniform(0.7, 1.02)])
    for _ in range(90):
        f = 10 ** draw.uniform(0, 5)
        s, t = draw.uniform(0.02, 1.5), 10 ** draw.uniform(-5, 0)
        k = f * float(exp(draw.choice([-1, 1]) * draw.uniform(4, 25) * s * float(t) ** 0.5))
        yield draw.random() < 0.5, f, k, s, t, 1.0


def main():
    rows = []
    for call, *numbers in cases():
        exact = [mpf(x) for x in numbers]
        values = [*linear(call, *exact), *inverse(call, *exact)]
        rows.append([call, *numbers, *[float(x) for x in values]])
    print("[\n" + ",\n".join(" " + json.dumps(row) for row in rows) + "\n]")


main()
