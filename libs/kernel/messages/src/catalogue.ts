import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import * as log from './gen/plinth/log/v1/events.ts';
import * as accounts from './gen/plinth/accounts/v1/events.ts';
import * as pricing from './gen/plinth/pricing/v1/events.ts';
import * as risk from './gen/plinth/risk/v1/events.ts';
import * as liquidation from './gen/plinth/liquidation/v1/events.ts';
import * as routing from './gen/plinth/routing/v1/events.ts';
import * as interest from './gen/plinth/interest/v1/events.ts';

type Codec<T> = Readonly<{
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
  fromJSON(object: unknown): T;
  toJSON(message: T): unknown;
}>;

/** What the code knows about an event type: its owner, its present schema version and its codec. */
export type EventKind<T> = Readonly<{ owner: string; schema: number; codec: Codec<T> }>;

const kind = <T>(owner: string, schema: number, codec: Codec<T>): EventKind<T> => ({ owner, schema, codec });

/** Every event type there is. A type that is not here stops the reader: nothing is skipped. */
export const EVENT_CATALOGUE = {
  TimerFired: kind('runtime', 1, log.TimerFired),
  AssetListed: kind('accounts', 1, accounts.AssetListed),
  ClientOpened: kind('accounts', 1, accounts.ClientOpened),
  ClientPlaced: kind('accounts', 1, accounts.ClientPlaced),
  KycStateSet: kind('accounts', 1, accounts.KycStateSet),
  ApiKeyIssued: kind('accounts', 1, accounts.ApiKeyIssued),
  ApiKeyRevoked: kind('accounts', 1, accounts.ApiKeyRevoked),
  WithdrawalDestinationAdded: kind('accounts', 1, accounts.WithdrawalDestinationAdded),
  WithdrawalDestinationRemoved: kind('accounts', 1, accounts.WithdrawalDestinationRemoved),
  AccountOpened: kind('accounts', 1, accounts.AccountOpened),
  SubAccountOpened: kind('accounts', 1, accounts.SubAccountOpened),
  DepositCredited: kind('accounts', 1, accounts.DepositCredited),
  WithdrawalRequested: kind('accounts', 1, accounts.WithdrawalRequested),
  WithdrawalSettled: kind('accounts', 1, accounts.WithdrawalSettled),
  WithdrawalReleased: kind('accounts', 1, accounts.WithdrawalReleased),
  TransferRequested: kind('accounts', 1, accounts.TransferRequested),
  TransferSent: kind('accounts', 1, accounts.TransferSent),
  TransferReceived: kind('accounts', 1, accounts.TransferReceived),
  TransferReleased: kind('accounts', 1, accounts.TransferReleased),
  TransferReturned: kind('accounts', 1, accounts.TransferReturned),
  TransferArrived: kind('accounts', 1, accounts.TransferArrived),
  TransferDeclined: kind('accounts', 1, accounts.TransferDeclined),
  TransferAcknowledged: kind('accounts', 1, accounts.TransferAcknowledged),
  CollateralMoved: kind('accounts', 1, accounts.CollateralMoved),
  FillBooked: kind('accounts', 1, accounts.FillBooked),
  LoanDrawn: kind('accounts', 1, accounts.LoanDrawn),
  LoanRepaid: kind('accounts', 1, accounts.LoanRepaid),
  InterestCharged: kind('accounts', 1, accounts.InterestCharged),
  PoolSupplied: kind('accounts', 1, accounts.PoolSupplied),
  PoolRedeemed: kind('accounts', 1, accounts.PoolRedeemed),
  InterestEarned: kind('accounts', 1, accounts.InterestEarned),
  InterestDistributed: kind('accounts', 1, accounts.InterestDistributed),
  FundingPosted: kind('accounts', 1, accounts.FundingPosted),
  LiquidationFeeCharged: kind('accounts', 1, accounts.LiquidationFeeCharged),
  InsurancePosted: kind('accounts', 1, accounts.InsurancePosted),
  BadDebtRecorded: kind('accounts', 1, accounts.BadDebtRecorded),
  PoolCashGranted: kind('accounts', 1, accounts.PoolCashGranted),
  CollateralTakenOver: kind('accounts', 1, accounts.CollateralTakenOver),
  SettlementAdvanced: kind('accounts', 1, accounts.SettlementAdvanced),
  ContractSettled: kind('accounts', 1, accounts.ContractSettled),
  HouseFunded: kind('accounts', 1, accounts.HouseFunded),
  InstrumentListed: kind('pricing', 1, pricing.InstrumentListed),
  MarksPublished: kind('pricing', 1, pricing.MarksPublished),
  SurfacePublished: kind('pricing', 1, pricing.SurfacePublished),
  SurfaceRefused: kind('pricing', 1, pricing.SurfaceRefused),
  SettlementPriceFixed: kind('pricing', 1, pricing.SettlementPriceFixed),
  SettlementDeferred: kind('pricing', 1, pricing.SettlementDeferred),
  ProductListed: kind('pricing', 1, pricing.ProductListed),
  RiskParametersSet: kind('risk', 1, risk.RiskParametersSet),
  RulebookParametersSet: kind('risk', 1, risk.RulebookParametersSet),
  GateClosed: kind('risk', 1, risk.GateClosed),
  GateOpeningProposed: kind('risk', 1, risk.GateOpeningProposed),
  GateOpened: kind('risk', 1, risk.GateOpened),
  MarginStateChanged: kind('risk', 1, risk.MarginStateChanged),
  MarginCalled: kind('risk', 1, risk.MarginCalled),
  MarginCallCured: kind('risk', 1, risk.MarginCallCured),
  MarginCallEscalated: kind('risk', 1, risk.MarginCallEscalated),
  LiquidationRequested: kind('risk', 1, risk.LiquidationRequested),
  LiquidationDeferred: kind('risk', 1, risk.LiquidationDeferred),
  LiquidationCleared: kind('risk', 1, risk.LiquidationCleared),
  OrderApproved: kind('risk', 1, risk.OrderApproved),
  OrderRefused: kind('risk', 1, risk.OrderRefused),
  OrderReservationReleased: kind('risk', 1, risk.OrderReservationReleased),
  PayoutReservationReleased: kind('risk', 1, risk.PayoutReservationReleased),
  WithdrawalApproved: kind('risk', 1, risk.WithdrawalApproved),
  WithdrawalRefused: kind('risk', 1, risk.WithdrawalRefused),
  TransferApproved: kind('risk', 1, risk.TransferApproved),
  TransferRefused: kind('risk', 1, risk.TransferRefused),
  LiquidationStarted: kind('liquidation', 1, liquidation.LiquidationStarted),
  ReductionOrdered: kind('liquidation', 1, liquidation.ReductionOrdered),
  ReductionCompleted: kind('liquidation', 1, liquidation.ReductionCompleted),
  LiquidationPaused: kind('liquidation', 1, liquidation.LiquidationPaused),
  LiquidationResumed: kind('liquidation', 1, liquidation.LiquidationResumed),
  ShortfallDeclared: kind('liquidation', 1, liquidation.ShortfallDeclared),
  ShortfallCovered: kind('liquidation', 1, liquidation.ShortfallCovered),
  FundCredited: kind('liquidation', 1, liquidation.FundCredited),
  ClaimsRecalled: kind('liquidation', 1, liquidation.ClaimsRecalled),
  TakeoverOrdered: kind('liquidation', 1, liquidation.TakeoverOrdered),
  LiquidationFeeSet: kind('liquidation', 1, liquidation.LiquidationFeeSet),
  LiquidationCompleted: kind('liquidation', 1, liquidation.LiquidationCompleted),
  VenueRegistered: kind('routing', 1, routing.VenueRegistered),
  VenueStateSet: kind('routing', 1, routing.VenueStateSet),
  VenueFeesSet: kind('routing', 1, routing.VenueFeesSet),
  VenueDepthObserved: kind('routing', 1, routing.VenueDepthObserved),
  OrderPlaced: kind('routing', 1, routing.OrderPlaced),
  OrderRouted: kind('routing', 1, routing.OrderRouted),
  ChildAcknowledged: kind('routing', 1, routing.ChildAcknowledged),
  ChildFilled: kind('routing', 1, routing.ChildFilled),
  ChildClosed: kind('routing', 1, routing.ChildClosed),
  ChildOutcomeUnknown: kind('routing', 1, routing.ChildOutcomeUnknown),
  OrderCancelRequested: kind('routing', 1, routing.OrderCancelRequested),
  OrderClosed: kind('routing', 1, routing.OrderClosed),
  BundlePlaced: kind('routing', 1, routing.BundlePlaced),
  BundleClosed: kind('routing', 1, routing.BundleClosed),
  VenueReportsTaken: kind('routing', 1, routing.VenueReportsTaken),
  PoolOpened: kind('interest', 1, interest.PoolOpened),
  RateCurveSet: kind('interest', 1, interest.RateCurveSet),
  PoolAccrued: kind('interest', 1, interest.PoolAccrued),
  FundingRateSet: kind('interest', 1, interest.FundingRateSet),
} as const;

export type EventType = keyof typeof EVENT_CATALOGUE;

export type EventData<K extends EventType> =
  (typeof EVENT_CATALOGUE)[K] extends EventKind<infer T> ? Readonly<T> : never;

export const isEventType = (type: string): type is EventType => Object.hasOwn(EVENT_CATALOGUE, type);
