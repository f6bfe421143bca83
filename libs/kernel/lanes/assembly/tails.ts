import { DEVIATION, FIRST, GAP, MONEYNESS, read, SECOND, write } from './columns';
import { add, at, div, least, mul, pick, plus, sub } from './lanes';

/** Coefficients of m = P/Q: `tails.ts` of @plinth/options. */
const P = memory.data<f64>([
  0.5, 0.8322964127408156, 0.6863120138137097, 0.3624305127497276, 0.13449582834758508, 0.03648477866071752,
  0.007317592415864327, 0.001072849547540271, 0.0001104628528139878, 7.263436020008313e-6,
  2.3446255502779335e-7,
]);
const Q = memory.data<f64>([
  1, 2.4624773862844966, 2.8373967154700135, 2.023498884771116, 0.9947360472015734, 0.3549256238900383,
  0.09410659950327034, 0.01861819793617558, 0.002707441744484994, 0.000277477020628429, 1.8206734098736367e-5,
  5.877104697748571e-7,
]);

const NUMBERS = memory.data<f64>([0.5, -0.0625, 55, 1]);

/** `tails` of @plinth/options: m(a), m(b) and m(a) − m(b) of every option of the block. */
export function tails(count: usize, isApart: bool): void {
  const apart = i64x2.splat(isApart ? -1 : 0);
  for (let i: usize = 0; i < count; i += 2) {
    const c = f64x2.abs(read(MONEYNESS, i));
    const h = mul(at(NUMBERS, 0), read(DEVIATION, i));
    const between = sub(c, h);
    const isBeyond = v128.or(apart, f64x2.lt(between, at(NUMBERS, 1)));
    const a = least(pick(isBeyond, sub(h, c), between), at(NUMBERS, 2));
    const b = least(add(c, h), at(NUMBERS, 2));
    let pSlope = at(P, 10);
    let p = plus(at(P, 9), a, at(P, 10));
    pSlope = plus(p, b, pSlope);
    p = plus(at(P, 8), a, p);
    pSlope = plus(p, b, pSlope);
    p = plus(at(P, 7), a, p);
    pSlope = plus(p, b, pSlope);
    p = plus(at(P, 6), a, p);
    pSlope = plus(p, b, pSlope);
    p = plus(at(P, 5), a, p);
    pSlope = plus(p, b, pSlope);
    p = plus(at(P, 4), a, p);
    pSlope = plus(p, b, pSlope);
    p = plus(at(P, 3), a, p);
    pSlope = plus(p, b, pSlope);
    p = plus(at(P, 2), a, p);
    pSlope = plus(p, b, pSlope);
    p = plus(at(P, 1), a, p);
    pSlope = plus(p, b, pSlope);
    p = plus(at(P, 0), a, p);
    let qSlope = at(Q, 11);
    let q = plus(at(Q, 10), a, at(Q, 11));
    qSlope = plus(q, b, qSlope);
    q = plus(at(Q, 9), a, q);
    qSlope = plus(q, b, qSlope);
    q = plus(at(Q, 8), a, q);
    qSlope = plus(q, b, qSlope);
    q = plus(at(Q, 7), a, q);
    qSlope = plus(q, b, qSlope);
    q = plus(at(Q, 6), a, q);
    qSlope = plus(q, b, qSlope);
    q = plus(at(Q, 5), a, q);
    qSlope = plus(q, b, qSlope);
    q = plus(at(Q, 4), a, q);
    qSlope = plus(q, b, qSlope);
    q = plus(at(Q, 3), a, q);
    qSlope = plus(q, b, qSlope);
    q = plus(at(Q, 2), a, q);
    qSlope = plus(q, b, qSlope);
    q = plus(at(Q, 1), a, q);
    qSlope = plus(q, b, qSlope);
    q = plus(at(Q, 0), a, q);
    const width = sub(b, a);
    const p2 = plus(p, width, pSlope);
    const q2 = plus(q, width, qSlope);
    const inverse = div(at(NUMBERS, 3), mul(q, q2));
    write(FIRST, i, mul(mul(p, q2), inverse));
    write(SECOND, i, mul(mul(p2, q), inverse));
    write(GAP, i, mul(mul(width, sub(mul(p, qSlope), mul(pSlope, q))), inverse));
  }
}
