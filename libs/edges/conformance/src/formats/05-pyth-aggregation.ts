import { aggregateQuotes, PYTH_QUOTE_TERMS } from '@plinth/pricing';
import { EXACT } from '../comparison.ts';
import { fieldsAt, integerAt, recordsAt } from '../fields.ts';
import type { CaseFormat } from '../format.ts';

const TRADING = 1n;
/** The aggregate is of the slot after the one in which the quotes of a case were published. */
const CURRENT_SLOT = 1n;

/**
 * Quotes of an oracle's publishers, integer-exact. Optional keys: `exponent` 0, `min_publishers` 1,
 * `max_latency` 25 and, of a quote, `status` 1 (trading) and `slot_diff` 0 (slots between the case's slot and
 * the one of the quote, negative when it is older). Without enough live quotes: price 0, confidence 0, status
 * "unknown".
 */
export const pythAggregation: CaseFormat = {
  name: '05-pyth-aggregation',
  keys: ['input.quotes'],
  tolerance: () => EXACT,
  evaluate: (item) => {
    const input = fieldsAt(item, 'input');
    const quotes = recordsAt(input, 'quotes').map((quote) => ({
      price: integerAt(quote, 'price'),
      confidence: integerAt(quote, 'conf'),
      isTrading: integerAt(quote, 'status', TRADING) === TRADING,
      ageSlots: CURRENT_SLOT - integerAt(quote, 'slot_diff', 0n),
    }));
    const result = aggregateQuotes(quotes, {
      ageSlotsMax: integerAt(input, 'max_latency', PYTH_QUOTE_TERMS.ageSlotsMax),
      sourcesMin: Number(integerAt(input, 'min_publishers', BigInt(PYTH_QUOTE_TERMS.sourcesMin))),
    });
    return {
      exponent: integerAt(input, 'exponent', 0n),
      price: result?.price ?? 0n,
      conf: result?.confidence ?? 0n,
      status: result ? 'trading' : 'unknown',
    };
  },
};
