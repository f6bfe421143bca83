import { wholeNumber } from '../../cli/arguments.ts';
import {
  ACCOUNT,
  argument,
  flag,
  needed,
  oneOf,
  ORDER,
  SUB_ACCOUNT,
  text,
  type Call,
  type OptionOf,
} from '../call.ts';
import { partsPerMillion } from '../parse-fields.ts';

const INSTRUMENT = argument('instrument', 'instrumentId', 'instrument id, e.g. BTC-PERP');

const fee = (flags: string, field: string, about: string): OptionOf => ({
  ...needed(flags, field, about),
  parse: partsPerMillion,
});

export const TRADING_CALLS: readonly Call[] = [
  {
    name: 'orders list',
    about: 'orders of an account, newest first',
    method: 'Trading.ListOrders',
    args: [ACCOUNT],
    options: [oneOf('--status <status>', 'status', 'which ones', ['open', 'closed', 'all'], 'all')],
    rows: 'orders',
    columns: [
      ...['orderId', 'instrumentId', 'side', 'quantity', 'orderType', 'limitPrice', 'status', 'outcome'],
      ...['filledQuantity', 'averagePrice', 'reason'],
    ],
  },
  { name: 'orders show', about: 'one order with its children', method: 'Trading.GetOrder', args: [ORDER] },
  {
    name: 'orders place',
    about: 'place an order; it is routed once risk has approved it',
    method: 'Trading.PlaceOrder',
    args: [
      ACCOUNT,
      argument('side', 'side', 'buy or sell'),
      argument('quantity', 'quantity', 'contracts'),
      INSTRUMENT,
    ],
    options: [
      oneOf('--type <type>', 'orderType', 'market or limit', ['market', 'limit'], 'market'),
      text('--limit <price>', 'limitPrice', 'price of a limit order'),
      oneOf('--tif <tif>', 'timeInForce', 'how long it stands', ['ioc', 'gtc'], 'ioc'),
      { ...text('--venue <id...>', 'venues', 'venues allowed (default: all that list it)'), fallback: [] },
      flag('--reduce-only', 'reduceOnly', 'never opens or flips a position'),
      SUB_ACCOUNT,
      {
        ...text('--id <id>', 'orderId', 'order id, beginning with your client id and a point'),
        fromRequestId: 'own-part',
      },
    ],
  },
  {
    name: 'products list',
    about: 'structured products with their legs and net prices',
    method: 'Trading.ListProducts',
    options: [text('--underlying <asset>', 'underlying', 'of one underlying only')],
    rows: 'products',
    columns: ['productId', 'kind', 'underlying', 'quoteAsset', 'netPrice', 'state', 'expiresAtMs', 'legs'],
  },
  {
    name: 'products order',
    about:
      'order a structured product: all legs are approved or none; `partial` when venues fill only a part',
    method: 'Trading.PlaceProductOrder',
    args: [
      ACCOUNT,
      argument('side', 'side', 'buy or sell'),
      argument('quantity', 'quantity', 'units of the product'),
      argument('product', 'productId', 'product id, e.g. BTC-CS-70-80'),
    ],
    options: [
      oneOf('--type <type>', 'orderType', 'market or limit', ['market', 'limit'], 'market'),
      text('--limit <price>', 'limitPrice', 'worst net price of one unit of a limit order, signed'),
      SUB_ACCOUNT,
      {
        ...text('--id <id>', 'orderId', 'order id, beginning with your client id and a point'),
        fromRequestId: 'own-part',
      },
    ],
  },
  {
    name: 'products show',
    about: 'one order of a structured product with its legs',
    method: 'Trading.GetProductOrder',
    args: [ORDER],
  },
  {
    name: 'settlements list',
    about: 'what expires and what has expired, with its settlement price',
    method: 'Trading.ListSettlements',
    options: [
      text('--underlying <asset>', 'underlying', 'of one underlying only'),
      text('--state <state>', 'state', 'waiting, averaging, deferred or fixed'),
    ],
    rows: 'settlements',
    columns: [
      'settlementId',
      'state',
      'price',
      'coveredMs',
      'samples',
      'widestGapMs',
      'warning',
      'instrumentIds',
    ],
  },
  {
    name: 'orders cancel',
    about: 'ask for the cancellation of what is still open of an order',
    method: 'Trading.CancelOrder',
    args: [ACCOUNT, ORDER],
    options: [text('--reason <text>', 'reason', 'why')],
  },
  {
    name: 'orders costs',
    about: 'what an order cost against its arrival price',
    method: 'Trading.GetOrderCosts',
    args: [ORDER],
  },
  {
    name: 'venues list',
    about: 'venues with their terms and state',
    method: 'Trading.ListVenues',
    rows: 'venues',
    columns: [
      ...[
        'venueId',
        'kind',
        'state',
        'makerFeePpm',
        'takerFeePpm',
        'optionFeeCapPpm',
        'creditLimit',
        'openChildren',
      ],
      'unknownChildren',
    ],
  },
  {
    name: 'venues depth',
    about: 'how much the books take at which cost (ppm, fee included), as margin counts on it',
    method: 'Trading.ListVenueDepth',
    options: [
      text('--venue <id>', 'venueId', 'of one venue only'),
      text('--instrument <id>', 'instrumentId', 'of one instrument only'),
    ],
    rows: 'books',
    columns: ['venueId', 'instrumentId', 'state', 'atMs', 'goodUntilMs', 'sell', 'buy'],
  },
  {
    name: 'venues fees',
    about: 'set the fees of a venue, parts per million; the rest of its terms stays (operators)',
    method: 'Operations.SetVenueFees',
    args: [argument('venue', 'venueId', 'venue id')],
    options: [
      fee('--maker <ppm>', 'makerFeePpm', 'signed share of the notional; negative is a rebate'),
      fee('--taker <ppm>', 'takerFeePpm', 'signed share of the notional'),
      fee('--option-cap <ppm>', 'optionFeeCapPpm', 'most of the premium of an option; 0 for no cap'),
      needed('--reason <text>', 'reason', 'why'),
    ],
  },
  {
    name: 'venues state',
    about: 'open, close or restrict a venue for new orders (operators)',
    method: 'Operations.SetVenueState',
    args: [argument('venue', 'venueId', 'venue id')],
    options: [
      oneOf('--state <state>', 'state', 'its new state', ['up', 'down', 'reduce-only']),
      needed('--reason <text>', 'reason', 'why'),
    ],
  },
  {
    name: 'instruments list',
    about: 'the listed instruments',
    method: 'Trading.ListInstruments',
    options: [
      text('--kind <kind>', 'kind', 'spot, perpetual, future or option'),
      text('--underlying <asset>', 'underlying', 'of one underlying only'),
    ],
    rows: 'instruments',
    columns: ['instrumentId', 'kind', 'underlying', 'quoteAsset', 'contractSize', 'inverse', 'expiresAtMs'],
  },
  {
    name: 'marks list',
    about: 'the present marks',
    method: 'Trading.ListMarks',
    options: [text('--state <state>', 'state', 'live, degraded, halted or guarded')],
    rows: 'marks',
  },
  {
    name: 'surfaces list',
    about: 'the volatility surfaces, how well they fit and how old they are',
    method: 'Trading.ListSurfaces',
    options: [text('--underlying <asset>', 'underlying', 'of one underlying')],
    rows: 'surfaces',
  },
  {
    name: 'surfaces show',
    about: 'the volatility surface of an underlying, and what it says of one strike and expiry',
    method: 'Trading.GetSurface',
    args: [argument('underlying', 'underlying', 'underlying, e.g. BTC')],
    options: [
      text('--price-asset <asset>', 'priceAsset', 'what strikes are in (default: USD)'),
      {
        ...text('--expiry <ms>', 'expiresAtMs', 'expiry, milliseconds since 1970'),
        parse: wholeNumber(0, 9_000_000_000_000),
      },
      text('--strike <price>', 'strike', 'strike, in the price asset'),
    ],
  },
  {
    name: 'marks show',
    about: 'the present mark of an instrument and its conservative prices',
    method: 'Trading.GetMark',
    args: [INSTRUMENT],
  },
  {
    name: 'marks explain',
    about: 'every quote behind a mark, and why it was used or not',
    method: 'Trading.ExplainMark',
    args: [INSTRUMENT],
  },
];
