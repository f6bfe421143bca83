import type { Envelope, Fold } from '@plinth/eventing';
import type { VenueRule } from '@plinth/margin';
import {
  DEFAULT_RULEBOOKS,
  isRulebook,
  plainRulebook,
  readRulebook,
  venueRule,
  type ParametersProblem,
  type PeerRulebook,
  type RulebookParameters,
} from '@plinth/margin/models';
import { assert } from '@plinth/money';
import { canonicalJson } from './canonical-json.ts';
import { LIMITS } from './limits.ts';

type Peers = Omit<RulebookParameters, 'house'>;

type Kept = Readonly<{ version: number; json: string; position: bigint }>;

const DEFAULTS: Kept = { version: 0, json: '', position: 0n };

export const isPeerRulebook = (name: string): name is PeerRulebook => isRulebook(name) && name !== 'house';

export type ParsedRulebook =
  | Readonly<{ json: string; problem?: undefined }>
  | Readonly<{ json?: undefined; problem: ParametersProblem }>;

/** Reads a rulebook's parameters from JSON and writes them canonically; the first wrong thing is named. */
export const parseRulebook = (name: PeerRulebook, json: string): ParsedRulebook => {
  const max = LIMITS.parametersJsonCharsMax;
  if (json.length > max)
    return { problem: { field: name, message: `Expected at most ${max} characters, was ${json.length}` } };
  let plain: unknown;
  try {
    plain = JSON.parse(json);
  } catch {
    return { problem: { field: name, message: 'Expected JSON' } };
  }
  const { parameters, problem } = readRulebook(name, plain);
  return problem === undefined ? { json: canonicalJson(plainRulebook(parameters)) } : { problem };
};

/** The parameters that peers' rulebooks are judged with: the defaults until an event sets others. */
export class RulebooksView implements Fold {
  readonly name = 'rulebooks';
  readonly revision = 1;
  readonly #kept = new Map<PeerRulebook, Kept>();
  readonly #rules = new Map<PeerRulebook, VenueRule>();
  peers: Peers = DEFAULT_RULEBOOKS;

  apply(event: Envelope): void {
    if (event.type !== 'RulebookParametersSet') return;
    const { rulebook, version, parametersJson } = event.data;
    assert(isPeerRulebook(rulebook), () => `Expected a known rulebook, was ${rulebook}`);
    this.#keep(rulebook, { version, json: parametersJson, position: event.position });
  }

  #keep(name: PeerRulebook, kept: Kept): void {
    const { parameters, problem } = readRulebook(name, JSON.parse(kept.json));
    assert(problem === undefined, () => `Expected parameters, ${problem?.field}: ${problem?.message}`);
    this.#kept.set(name, kept);
    this.#rules.delete(name);
    this.peers = { ...this.peers, [name]: parameters };
  }

  versionOf(name: PeerRulebook): number {
    return (this.#kept.get(name) ?? DEFAULTS).version;
  }

  /** Version, canonical JSON and position of a rulebook's set; of the defaults version and position are 0. */
  setOf(name: PeerRulebook): Kept {
    return this.#kept.get(name) ?? { ...DEFAULTS, json: canonicalJson(plainRulebook(this.peers[name])) };
  }

  /** What a venue asks by, made once for each set of parameters; undefined for a flat share. */
  readonly ruleOf = (rulebook: string): VenueRule | undefined => {
    if (!isPeerRulebook(rulebook)) return undefined;
    const rule = this.#rules.get(rulebook) ?? venueRule(rulebook, { ...DEFAULT_RULEBOOKS, ...this.peers });
    this.#rules.set(rulebook, rule);
    return rule;
  };

  *entries(): Iterable<readonly [string, string]> {
    for (const [name, { version, json }] of this.#kept) yield [`rulebook:${name}:${version}`, json];
  }

  dump() {
    return { kept: this.#kept };
  }

  load({ kept }: ReturnType<RulebooksView['dump']>): void {
    for (const [name, one] of kept) this.#keep(name, one);
  }

  reset(): void {
    this.#kept.clear();
    this.#rules.clear();
    this.peers = DEFAULT_RULEBOOKS;
  }
}
