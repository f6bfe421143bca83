"""Coefficients and test values of libs/kernel/maths/src, in 60-digit arithmetic (needs mpmath).

    python3 tools/golden/maths.py coefficients
    python3 tools/golden/maths.py table > libs/kernel/maths/golden/maths.json
"""

import json
import random
import sys

from mpmath import cos, erfc, exp, factorial, log, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 80


def mills(t):
    """(1 - normCdf(t)) * exp(t^2 / 2): Mills' ratio over sqrt(2 pi)."""
    return exp(t * t / 2) * erfc(t / sqrt(mpf(2))) / 2


def mills_tail(u):
    """t * mills(t) at u = 1/t^2."""
    if u == 0:
        return 1 / sqrt(2 * pi)
    t = 1 / sqrt(u)
    return t * mills(t)


def rational(f, low, high, top, bottom, place=lambda y: y):
    """Interpolates f by P/Q (Q[0] = 1) at Chebyshev nodes: near the best fit of these degrees. `place` bends the nodes."""
    count = top + bottom + 1
    nodes = [(low + high) / 2 + (high - low) / 2 * cos((2 * k + 1) * pi / (2 * count)) for k in range(count)]
    nodes = [place(y) for y in nodes]
    a, y = matrix(count, count), matrix(count, 1)
    for row, x in enumerate(nodes):
        y[row] = f(x)
        for j in range(top + 1):
            a[row, j] = x**j
        for j in range(1, bottom + 1):
            a[row, top + j] = -y[row] * x**j
    s = lu_solve(a, y)
    p = [s[j] for j in range(top + 1)]
    q = [mpf(1)] + [s[top + j] for j in range(1, bottom + 1)]
    error = mpf(0)
    for k in range(1, 2000):
        x = place(low + (high - low) * k / 2000)
        value = sum(c * x**j for j, c in enumerate(p)) / sum(c * x**j for j, c in enumerate(q))
        error = max(error, abs(value / f(x) - 1))
    return p, q, error


def show(name, values, error):
    print(f"// {name}, relative error {mp.nstr(error, 2)}")
    print(f"const {name} = [{', '.join(repr(float(v)) for v in values)}];")


def coefficients():
    half = log(mpf(2)) / 2
    p, _, e = rational(lambda r: sum(r**k / factorial(k + 2) for k in range(60)), -half, half, 10, 0)
    show("EXP_TAIL", p, e)
    s = (sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)

    def atanh_tail(z):
        return sum(2 * z**k / (2 * k + 3) for k in range(0, 60))

    p, _, e = rational(atanh_tail, mpf(0), s * s, 7, 0)
    show("LOG_TAIL", p, e)
    p, q, e = rational(mills, mpf(0), mpf(6), 9, 10)
    show("MILLS_TOP", p, e)
    show("MILLS_BOTTOM", q, e)
    p, q, e = rational(mills_tail, mpf(0), 1 / mpf(36), 5, 5)
    show("FAR_TOP", p, e)
    show("FAR_BOTTOM", q, e)
    # One quotient for all t that matter to an option; nodes are even in (t - 4) / (t + 4).
    bent = lambda t: (t - 4) / (t + 4)
    p, q, e = rational(mills, bent(-1 / mpf(16)), bent(mpf(55)), 10, 11, lambda y: 4 * (1 + y) / (1 - y))
    show("TAIL_TOP", p, e)
    show("TAIL_BOTTOM", q, e)


def pair(value):
    """The nearest double and what it lacks, so that errors can be measured far below one unit in the last place."""
    high = float(value)
    return [high, float(value - mpf(high))]


def table():
    draw = random.Random(20200312)
    cdf = lambda x: erfc(-x / sqrt(mpf(2))) / 2
    pdf = lambda x: exp(-x * x / 2) / sqrt(2 * pi)
    xs_exp = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, -1e-17, 709.78, -708.39, -744.0, 0.34657359027997264]
    xs_exp += [draw.uniform(-1, 1) for _ in range(60)] + [draw.uniform(-700, 700) for _ in range(60)]
    xs_exp += [draw.choice([-1, 1]) * 10 ** draw.uniform(-12, 0) for _ in range(30)]
    xs_log = [1.0, 2.0, 0.5, 1.4142135623730951, 0.7071067811865476, 5e-324, 2.2e-308, 1.7e308, 1.0000000000000002]
    xs_log += [0.9999999999999999] + [10 ** draw.uniform(-300, 300) for _ in range(50)]
    xs_log += [draw.uniform(0.5, 2) for _ in range(70)] + [1 + draw.uniform(-1, 1) * 1e-6 for _ in range(30)]
    xs_norm = [0.0, 1.0, -1.0, 6.0, -6.0, 5.999999, -6.000001, -37.5, 37.5, 8.2, -8.3]
    xs_norm += [draw.uniform(-8, 8) for _ in range(90)] + [draw.uniform(-37, -8) for _ in range(40)]
    xs_tail = [0.0, 5.999999, 6.0, 38.0, 1e3, 1e10] + [draw.uniform(0, 40) for _ in range(60)]
    pairs = [(1.0, 1.0), (1e300, 1e-5), (3.0, 2.0)]
    for _ in range(90):
        b = 10 ** draw.uniform(-3, 6)
        pairs.append((b * (1 + draw.choice([-1, 1]) * 10 ** draw.uniform(-16, -0.3)), b))
    rows = {
        "exp": [[x, *pair(exp(mpf(x)))] for x in xs_exp],
        "log": [[x, *pair(log(mpf(x)))] for x in xs_log],
        "normCdf": [[x, *pair(cdf(mpf(x)))] for x in xs_norm],
        "normPdf": [[x, *pair(pdf(mpf(x)))] for x in xs_norm],
        "scaledTail": [[x, *pair(mills(mpf(x)))] for x in xs_tail],
        "logRatio": [[a, *pair(log(mpf(a) / mpf(b))), b] for a, b in pairs],
    }
    lines = [f' "{name}": [\n' + ",\n".join("  " + json.dumps(r) for r in rs) + "\n ]" for name, rs in rows.items()]
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    {"coefficients": coefficients, "table": table}[sys.argv[1]]()
