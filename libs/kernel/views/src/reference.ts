import { refill, type Envelope, type Fold } from '@plinth/eventing';
import {
  FLAT_RULEBOOK,
  type Asset,
  type AssetKind,
  type Instrument,
  type InstrumentKind,
  type Listing,
  type Venue,
  type VenueState,
} from '@plinth/market';
import { LIMITS } from '@plinth/market';
import type { EventData, PriceRule } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from './canonical.ts';

/** Assets, instruments and venues as listed so far. */
export class ReferenceView implements Fold {
  readonly name = 'reference';
  readonly revision = 4;
  readonly assets = new Map<string, Asset>();
  readonly instruments = new Map<string, Instrument>();
  readonly priceRules = new Map<string, PriceRule>();
  readonly venues = new Map<string, Venue>();

  apply(event: Envelope): void {
    switch (event.type) {
      case 'AssetListed':
        return this.#listAsset(event.data);
      case 'InstrumentListed':
        return this.#listInstrument(event.data);
      case 'VenueRegistered':
        return this.#registerVenue(event.data);
      case 'VenueFeesSet': {
        const { venueId, makerFeePpm, takerFeePpm, optionFeeCapPpm } = event.data;
        const venue = this.venue(venueId);
        this.venues.set(venueId, { ...venue, makerFeePpm, takerFeePpm, optionFeeCapPpm });
        return;
      }
      case 'VenueStateSet': {
        const venue = this.venue(event.data.venueId);
        this.venues.set(venue.id, { ...venue, state: event.data.state as VenueState });
        return;
      }
      default:
        return;
    }
  }

  /** Scale of an asset that is known to be listed. */
  scaleOf(symbol: string): number {
    return this.asset(symbol).scale;
  }

  asset(symbol: string): Asset {
    const asset = this.assets.get(symbol);
    assert(asset !== undefined, () => `Expected a listed asset, was ${symbol}`);
    return asset;
  }

  instrument(id: string): Instrument {
    const instrument = this.instruments.get(id);
    assert(instrument !== undefined, () => `Expected a listed instrument, was ${id}`);
    return instrument;
  }

  venue(id: string): Venue {
    const venue = this.venues.get(id);
    assert(venue !== undefined, () => `Expected a registered venue, was ${id}`);
    return venue;
  }

  #listAsset(data: EventData<'AssetListed'>): void {
    assert(this.assets.size < LIMITS.assetsMax, 'Expected room for another asset');
    const { asset: symbol, scale, chains } = data;
    this.assets.set(symbol, { symbol, scale, kind: data.kind as AssetKind, chains });
  }

  #listInstrument(data: EventData<'InstrumentListed'>): void {
    assert(this.instruments.size < LIMITS.instrumentsMax, 'Expected room for another instrument');
    const { instrumentId: id, kind, optionType, priceRule, ...rest } = data;
    this.instruments.set(id, {
      id,
      kind: kind as InstrumentKind,
      optionType: optionType as Instrument['optionType'],
      ...rest,
    });
    if (priceRule !== undefined) this.priceRules.set(id, priceRule);
  }

  #registerVenue(data: EventData<'VenueRegistered'>): void {
    assert(this.venues.size < LIMITS.venuesMax, 'Expected room for another venue');
    // What an order costs at a venue is the router's own business.
    const { venueId: id, kind, listings, orderCost: _orderCost, rulebook: named, ...rest } = data;
    const byInstrument = new Map<string, Listing>(listings.map((listing) => [listing.instrumentId, listing]));
    const state = this.venues.get(id)?.state ?? 'up';
    const rulebook = named === '' ? FLAT_RULEBOOK : named;
    this.venues.set(id, {
      id,
      kind: kind as Venue['kind'],
      ...rest,
      rulebook,
      listings: byInstrument,
      state,
    });
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const a of this.assets.values()) yield [`asset:${a.symbol}`, fields(a.scale, a.kind, ...a.chains)];
    for (const i of this.instruments.values()) {
      yield [
        `instrument:${i.id}`,
        fields(
          i.kind,
          i.underlying,
          i.quoteAsset,
          i.contractSize,
          i.inverse,
          i.expiresAtMs,
          i.strike,
          i.optionType,
        ),
      ];
    }
    for (const [id, r] of this.priceRules) {
      yield [
        `rule:${id}`,
        fields(
          r.minSources,
          r.maxAgeMs,
          r.maxConfidencePpm,
          r.maxDeviationPpm,
          r.maxMovePpmPerSecond,
          r.maxTwapDeviationPpm,
          r.floorPrice,
          r.capPrice,
        ),
      ];
    }
    for (const v of this.venues.values()) {
      const listings = [...v.listings.values()].flatMap((l) => [
        l.instrumentId,
        l.lot,
        l.tick,
        l.minQuantity,
      ]);
      yield [
        `venue:${v.id}`,
        fields(
          v.kind,
          v.chain,
          v.makerFeePpm,
          v.takerFeePpm,
          v.optionFeeCapPpm,
          v.creditLimit,
          v.defaultProbabilityPpm,
          v.lossGivenDefaultPpm,
          v.requirementPpm,
          v.transferablePpm,
          v.rulebook,
          v.state,
          ...listings,
        ),
      ];
    }
  }

  dump() {
    return {
      assets: this.assets,
      instruments: this.instruments,
      priceRules: this.priceRules,
      venues: this.venues,
    };
  }

  load(state: ReturnType<ReferenceView['dump']>): void {
    refill(this.assets, state.assets);
    refill(this.instruments, state.instruments);
    refill(this.priceRules, state.priceRules);
    refill(this.venues, state.venues);
  }

  reset(): void {
    this.assets.clear();
    this.instruments.clear();
    this.priceRules.clear();
    this.venues.clear();
  }
}
