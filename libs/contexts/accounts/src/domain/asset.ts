import { reject, type Decider } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import type { AccountsCode } from './codes.ts';

export type ListAsset = Readonly<{ type: 'ListAsset' }> & EventData<'AssetListed'>;

/** An asset is listed once; its scale is what every amount of it is stored in and never changes. */
export const assetDecider: Decider<boolean, ListAsset, 'AssetListed', AccountsCode> = {
  initialState: () => false,
  decide: ({ asset, scale, kind, chains }, listed) =>
    listed
      ? reject('ASSET_EXISTS', `Expected a new asset, was ${asset}, which is listed`, {
          field: 'asset',
          reason: 'exists',
        })
      : [{ type: 'AssetListed', data: { asset, scale, kind, chains } }],
  evolve: () => true,
};
