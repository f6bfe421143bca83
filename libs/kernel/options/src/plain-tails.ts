import type { Columns } from '@plinth/lanes';

/** Up to here, on the side of a < 0, the two tails may be subtracted: see `tails`. */
export const NEGATIVE_ENOUGH = -0.0625;
/** Where either tail is further out than this its weight is 0. */
const FURTHEST = 55;

/**
 * m(a), m(b) and m(a) − m(b) with m(t) = Φ(−t)·e^(t²/2), b = c + h and a = c − h, or h − c where that is
 * further below 0 than `NEGATIVE_ENOUGH`, or always when `isApart`. c = |moneyness|, h = deviation / 2.
 *
 * m = P/Q to 5e-18 from −1/16 to 55 (tools/golden/maths.py). Horner's scheme at two places gives P(a) and the
 * divided difference P[a,b] = (P(b) − P(a))/(b − a), in which nothing is subtracted, for the coefficients
 * are positive. So the difference keeps its digits, however close a and b are:
 *
 *   m(a) − m(b) = (b − a)·(P(a)·Q[a,b] − P[a,b]·Q(a)) / (Q(a)·Q(b)).
 *
 * Relative errors: 1.2e-15 of the tails, 1e-14 of the difference.
 */
export const tails = (columns: Columns, count: number, isApart: boolean): void => {
  const { moneyness, deviation, first, second, gap } = columns;
  for (let i = 0; i < count; i++) {
    const c = Math.abs(moneyness[i]!);
    const h = 0.5 * deviation[i]!;
    const between = c - h;
    const wanted = isApart || between < NEGATIVE_ENOUGH ? h - c : between;
    const a = FURTHEST < wanted ? FURTHEST : wanted;
    const b = FURTHEST < c + h ? FURTHEST : c + h;
    let pSlope = 2.3446255502779335e-7;
    let p = 7.263436020008313e-6 + a * 2.3446255502779335e-7;
    pSlope = p + b * pSlope;
    p = 0.0001104628528139878 + a * p;
    pSlope = p + b * pSlope;
    p = 0.001072849547540271 + a * p;
    pSlope = p + b * pSlope;
    p = 0.007317592415864327 + a * p;
    pSlope = p + b * pSlope;
    p = 0.03648477866071752 + a * p;
    pSlope = p + b * pSlope;
    p = 0.13449582834758508 + a * p;
    pSlope = p + b * pSlope;
    p = 0.3624305127497276 + a * p;
    pSlope = p + b * pSlope;
    p = 0.6863120138137097 + a * p;
    pSlope = p + b * pSlope;
    p = 0.8322964127408156 + a * p;
    pSlope = p + b * pSlope;
    p = 0.5 + a * p;
    let qSlope = 5.877104697748571e-7;
    let q = 1.8206734098736367e-5 + a * 5.877104697748571e-7;
    qSlope = q + b * qSlope;
    q = 0.000277477020628429 + a * q;
    qSlope = q + b * qSlope;
    q = 0.002707441744484994 + a * q;
    qSlope = q + b * qSlope;
    q = 0.01861819793617558 + a * q;
    qSlope = q + b * qSlope;
    q = 0.09410659950327034 + a * q;
    qSlope = q + b * qSlope;
    q = 0.3549256238900383 + a * q;
    qSlope = q + b * qSlope;
    q = 0.9947360472015734 + a * q;
    qSlope = q + b * qSlope;
    q = 2.023498884771116 + a * q;
    qSlope = q + b * qSlope;
    q = 2.8373967154700135 + a * q;
    qSlope = q + b * qSlope;
    q = 2.4624773862844966 + a * q;
    qSlope = q + b * qSlope;
    q = 1 + a * q;
    const width = b - a;
    const p2 = p + width * pSlope;
    const q2 = q + width * qSlope;
    const inverse = 1 / (q * q2);
    first[i] = p * q2 * inverse;
    second[i] = p2 * q * inverse;
    gap[i] = width * (p * qSlope - pSlope * q) * inverse;
  }
};
