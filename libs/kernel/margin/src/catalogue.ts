import { checkPositive, IdTable, refuse } from './checks.ts';
import { LIMITS } from './limits.ts';
import type { AssetSpec, InstrumentSpec, LocationSpec } from './types.ts';

/** The numeraire: every figure is in it, its price is 1 and it is never shocked. */
export const NUMERAIRE = 'USD';
/** Location 0 of every book: what is owed to the house. */
export const HOUSE = 'house';
/** Where claims on lending pools stand: they cover no venue's call. */
export const POOLS_LOCATION = 'pools';

/** One instrument with its references resolved to dense indexes. */
export type CatalogueInstrument = Readonly<{
  spec: InstrumentSpec;
  underlying: number;
  quote: number;
  settlement: number;
  location: number;
  /** Asset that a spot pair trades; −1 for a derivative. */
  base: number;
}>;

/**
 * The nouns of the risk engine under dense indexes, in order of registration. Append-only: an index never
 * changes meaning, so books and arrays may hold it. Equal sequences of registrations give equal indexes on
 * every replica.
 */
export class Catalogue {
  readonly underlyings = new IdTable('underlying', LIMITS.underlyings);
  readonly assets = new IdTable('asset', LIMITS.assets);
  readonly locations = new IdTable('location', LIMITS.locations);
  readonly instruments = new IdTable('instrument', LIMITS.instruments);
  readonly assetSpecs: AssetSpec[] = [];
  /** Underlying of each asset, −1 when it is not shocked. */
  readonly assetUnderlyings: number[] = [];
  readonly locationSpecs: LocationSpec[] = [];
  readonly instrumentEntries: CatalogueInstrument[] = [];
  #locationRanks = new Int32Array(0);

  constructor() {
    this.addLocation({ id: HOUSE, kind: 'custody' });
    this.addAsset({ id: NUMERAIRE });
  }

  addAsset(spec: AssetSpec): number {
    if (spec.id === NUMERAIRE && spec.underlying !== undefined)
      refuse('asset.underlying', `Expected none for the numeraire ${NUMERAIRE}, was "${spec.underlying}"`);
    const index = this.assets.add(spec.id);
    this.assetSpecs.push(spec);
    this.assetUnderlyings.push(spec.underlying === undefined ? -1 : this.underlyings.intern(spec.underlying));
    return index;
  }

  addLocation(spec: LocationSpec): number {
    const index = this.locations.add(spec.id);
    this.locationSpecs.push(spec);
    return index;
  }

  addInstrument(spec: InstrumentSpec): number {
    checkPositive('instrument.contractSize', spec.contractSize);
    const location = this.locations.indexOf(spec.venue);
    if (this.locationSpecs[location]!.kind !== 'venue')
      refuse('instrument.venue', `Expected a location of kind venue, was "${spec.venue}" of kind custody`);
    const entry: CatalogueInstrument = {
      spec,
      quote: this.assets.indexOf(spec.quote),
      settlement: this.assets.indexOf(spec.settlement),
      underlying: this.underlyings.intern(spec.underlying),
      location,
      base: spec.kind === 'spot' ? this.assets.indexOf(spec.base) : -1,
    };
    this.#checkKind(spec, entry);
    const index = this.instruments.add(spec.id);
    this.instrumentEntries.push(entry);
    return index;
  }

  #checkKind(spec: InstrumentSpec, entry: CatalogueInstrument): void {
    switch (spec.kind) {
      case 'spot':
        return;
      case 'option':
        checkPositive('instrument.strike', spec.strike);
        return;
      case 'perpetual':
      case 'future':
        // 1/entry − 1/price is an amount of the underlying itself: any other coin would carry a price of its
        // own.
        if (spec.form === 'inverse' && this.assetUnderlyings[entry.settlement] !== entry.underlying)
          refuse(
            'instrument.settlement',
            `Expected an asset of underlying "${spec.underlying}" (inverse), was "${spec.settlement}"`,
          );
    }
  }

  /** Place of a location among all of them by name. */
  locationRank(location: number): number {
    const { ids } = this.locations;
    if (this.#locationRanks.length !== ids.length) {
      const named = [...ids.keys()].sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
      this.#locationRanks = new Int32Array(ids.length);
      named.forEach((at, rank) => (this.#locationRanks[at] = rank));
    }
    return this.#locationRanks[location]!;
  }

  /** Place of an instrument in the one canonical order of positions: by underlying, then by registration. */
  instrumentRank(instrument: number): number {
    return this.instrumentEntries[instrument]!.underlying * LIMITS.instruments + instrument;
  }
}
