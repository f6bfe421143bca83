/**
 * Liquidity coverage (finance §6.7). For one scenario, with e_v = equity at place v less what v itself requires:
 * need = Σ max(0, −e_v), free = Σ share_v · max(0, e_v), all = Σ max(0, e_v), and
 * charge = max(0, need − free + stuck) − max(0, need − all).
 * `stuck` is the largest share_v · max(0, e_v) of one venue: that venue halts and what stands there cannot leave.
 * The subtracted term is what would be missing even if every dollar could move at once: that is insolvency, which the
 * scan measures; the charge is for where the money stands, so a book on one venue pays nothing.
 */
export class LiquidityCoverage {
  /** Largest charge of the last call and what bound it; `venue` −1 when no halt made it worse. */
  column = 0;
  venue = -1;

  /**
   * @param excess e_v by place and column, row stride `stride`
   * @param places indexes of the rows in use, `count` of them
   * @param from first column, inclusive
   * @param to last column, exclusive
   */
  worst(
    excess: Float64Array,
    stride: number,
    places: Int32Array,
    count: number,
    from: number,
    to: number,
    transferable: Float64Array,
    isVenue: Uint8Array,
  ): number {
    let worst = 0;
    this.column = from;
    this.venue = -1;
    for (let column = from; column < to; column++) {
      let need = 0;
      let free = 0;
      let all = 0;
      let stuck = 0;
      let halted = -1;
      for (let n = 0; n < count; n++) {
        const place = places[n]!;
        const at = excess[place * stride + column]!;
        if (at < 0) need -= at;
        else {
          const movable = transferable[place]! * at;
          free += movable;
          all += at;
          if (isVenue[place] === 1 && movable > stuck) {
            stuck = movable;
            halted = place;
          }
        }
      }
      if (need === 0) continue;
      const charge = Math.max(0, need - (free - stuck)) - Math.max(0, need - all);
      if (charge > worst) {
        worst = charge;
        this.column = column;
        this.venue = halted;
      }
    }
    return worst;
  }
}
