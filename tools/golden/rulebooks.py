"""Random cases of dYdX, Drift, Mango and of single rules by a second, plain implementation in integers and fractions.

Written from the rules as FORMULAS.md of libs/kernel/margin has them, not from the TypeScript. Optional keys are left out at random,
sizes go from dust to far beyond any market, books may be empty. Only the standard library is needed.

    for f in 08-dydx-liquidation 09-dydx-margin-funding 10-drift-liquidation-margin 11-mango-health 13-margin-liquidation-misc; do
      python3 tools/golden/rulebooks.py $f > libs/edges/conformance/golden/$f.json
    done
"""

import json
import math
import random
import sys
from fractions import Fraction

draw = random.Random(20240808)
MILLION = 10**6


def towards_zero(x, y):
    return abs(x) // abs(y) * (1 if (x >= 0) == (y > 0) else -1)


def ceil(x, y):
    return -((-x) // y)


def size(low, high):
    """A whole number, every order of magnitude as often."""
    return round(10 ** draw.uniform(math.log10(low), math.log10(high)))


def maybe(fields, key, value, default):
    """Puts the key in, or leaves it out and means its default."""
    if draw.random() < 0.7:
        fields[key] = value
        return value
    return default


# ---- dYdX: margins and funding (09), prices of a liquidation (08)


def value_of(quantums, price, exponent, resolution):
    """Quote quantums of base quantums, towards zero."""
    e = exponent + resolution + 6
    return quantums * price * 10**e if e >= 0 else towards_zero(quantums * price, 10**-e)


def dydx_margins(notional, initial_ppm, fraction_ppm, open_notional, lower, upper):
    base = ceil(notional * initial_ppm, MILLION)
    maintenance = ceil(base * fraction_ppm, MILLION)
    if upper == 0 or open_notional <= lower:
        return base, maintenance
    if open_notional >= upper:
        return notional, maintenance
    ppm = initial_ppm + (MILLION - initial_ppm) * (open_notional - lower) // (upper - lower)
    return min(notional, ceil(notional * ppm, MILLION)), maintenance


def margin_case():
    e, r = draw.randint(-9, 2), draw.choice([-6, -8, -9, -10])
    i = dict(price=size(1, 10**8), exponent=e, baseCurrencyAtomicResolution=r, bigBaseQuantums=draw.choice([-1, 1, 1]) * draw.choice([0, size(1, 10**15)]),
             initialMarginPpm=draw.choice([0, 1, 9_910, 50_000, 200_000, 1_000_000]))
    fraction = maybe(i, "maintenanceFractionPpm", draw.choice([0, 1, 500_000, 999_999, 1_000_000]), MILLION)
    interest, lower, upper = 0, 0, 0
    if draw.random() < 0.6:
        interest = i["openInterest"] = size(1, 10**16)
        notional = value_of(interest, i["price"], e, r)
        lower = i["openInterestLowerCap"] = draw.choice([0, notional // 2, notional, notional * 2])
        upper = i["openInterestUpperCap"] = lower + draw.choice([1, notional // 3 + 1, notional * 2 + 1])
    notional = value_of(abs(i["bigBaseQuantums"]), i["price"], e, r)
    im, mm = dydx_margins(notional, i["initialMarginPpm"], fraction, value_of(interest, i["price"], e, r), lower, upper)
    return dict(input=i, expected=dict(initial_margin=im, maintenance_margin=mm))


def settle_case():
    i = dict(market_funding_index=draw.choice([-1, 1]) * size(1, 10**14), position_quantums=draw.choice([-1, 0, 1]) * size(1, 10**12),
             position_index=draw.choice([-1, 1]) * size(1, 10**14))
    net = -(i["market_funding_index"] - i["position_index"]) * i["position_quantums"]
    return dict(input=i, expected=dict(net_settlement_ppm=net, new_funding_index=i["market_funding_index"]))


def index_case():
    i = dict(atomic_resolution=draw.choice([-6, -9, -10, -12]), price=size(1, 10**10), exponent=draw.randint(-9, 0),
             rate_8h_ppm=draw.choice([-1, 0, 1]) * size(1, 10**7), elapsed_s=draw.choice([0, 1, 60, 3_600, 28_800, 10**6]))
    delta = towards_zero(value_of(i["rate_8h_ppm"] * i["elapsed_s"], i["price"], i["exponent"], i["atomic_resolution"]), 28_800)
    return dict(input=i, expected=dict(funding_index_delta=delta, rounding="toward zero"))


RESOLUTION = {"Btc": -8, "Eth": -9}
PRICE = {"Btc": 50_000, "Eth": 3_000}


def dydx_account():
    positions, markets = [], []
    for n, coin in enumerate(draw.sample(["Btc", "Eth"], draw.choice([1, 1, 2]))):
        im, mm = draw.choice([(20, 10), (50, 40), (100, 100)])
        tier = f"{im}PercentInitial_{mm}PercentMaintenance" if im != 100 else "100PercentMarginRequirement"
        market = dict(id=n, profile=f"{coin}Usd_{tier}")
        price = maybe(market, "oracle_price", draw.choice([0.5, 1, 2]) * PRICE[coin], PRICE[coin])
        markets.append((market, coin, price, im * 10_000, mm * MILLION // im))
        positions.append(dict(market=n, size=draw.choice([-1, 1]) * draw.choice([0.1, 0.25, 1.5, 40])))
    return positions, markets


def liquidation_case():
    positions, markets = dydx_account()
    rows = []
    for p, (_, coin, price, im, fraction) in zip(positions, markets):
        quantums = round(Fraction(str(p["size"])) * 10 ** -RESOLUTION[coin])
        notional = lambda q, price=price, coin=coin: towards_zero(q * round(Fraction(str(price)) * 10**9), 10 ** (9 - 6 - RESOLUTION[coin]))
        rows.append((quantums, notional, lambda q, n=notional, im=im, f=fraction: dydx_margins(abs(n(abs(q))), im, f, 0, 0, 0)[1]))
    worth = sum(n(q) for q, n, _ in rows)
    asked = sum(m(q) for q, _, m in rows)
    cash = (-worth + round(asked * draw.uniform(-0.3, 1.1))) // MILLION
    quantums, notional, margin = rows[0]
    closed = -quantums if draw.random() < 0.5 else towards_zero(-quantums, draw.choice([2, 3, 7]))
    i = dict(market=0, usdc_balance=cash, positions=positions, markets=[m for m, *_ in markets])
    config, terms = {}, {}
    for key, values, default in (("bankruptcy_adjustment_ppm", [500_000, 1_000_000, 2_000_000], 1_000_000),
                                 ("spread_to_mmr_ratio_ppm", [0, 50_000, 100_000, 1_000_000], 100_000),
                                 ("max_liquidation_fee_ppm", [0, 5_000, 25_000], 5_000)):
        terms[key] = maybe(config, key, draw.choice(values), default)
    if config:
        i["config"] = config
    net = cash * MILLION + worth

    def bankruptcy(delta):
        freed = abs(margin(quantums + delta) - margin(quantums))
        return -(notional(quantums + delta) - notional(quantums)) - net * freed // asked

    calc = draw.choice(["bankruptcy_price_quote_quantums", "fillable_price_subticks", "insurance_fund_delta"])
    if calc == "bankruptcy_price_quote_quantums":
        i["delta_quantums"] = closed
        expected = dict(quote_quantums=bankruptcy(closed))
    elif calc == "fillable_price_subticks":
        i["delta_quantums"] = closed
        rating = min(Fraction(1), max(Fraction(0), Fraction(terms["bankruptcy_adjustment_ppm"], MILLION) * (1 - Fraction(net, asked))))
        price = (notional(quantums) - rating * Fraction(terms["spread_to_mmr_ratio_ppm"], MILLION) * margin(quantums)) / quantums
        expected = dict(numerator=price.numerator, denominator=price.denominator)
    else:
        oracle = Fraction(abs(notional(quantums)), abs(quantums))
        i |= dict(is_buy=closed > 0, fill_amount_quantums=abs(closed), subticks=round(oracle * 10**8 * Fraction(draw.randint(80, 120), 100)))
        filled = towards_zero(i["subticks"] * abs(closed), 10**8)
        surplus = (-filled if closed > 0 else filled) - bankruptcy(closed)
        expected = dict(quote_quantums=surplus if surplus <= 0 else min(surplus, filled * terms["max_liquidation_fee_ppm"] // MILLION))
    return dict(calc=calc, input=i, expected=expected)


# ---- Drift (10)

U64, U128 = 2**64 - 1, 2**128 - 1


def shortage():
    i = dict(margin_shortage=draw.choice([0, size(1, 10**13)]), margin_ratio_1e4=draw.choice([300, 500, 1000, 2000]), liquidator_fee_1e6=draw.choice([0, 10_000, 20_000, 100_000]),
             oracle_price_1e6=draw.choice([0, size(1, 10**11), size(1, 10**11)]))
    fee = maybe(i, "if_fee_1e6", draw.choice([0, 1_000, 5_000]), 0)
    quote = maybe(i, "quote_oracle_price_1e6", draw.choice([990_000, 1_000_000, 1_010_000]), MILLION)
    ratio = i["margin_ratio_1e4"] * 100
    if i["oracle_price_1e6"] == 0 or ratio <= i["liquidator_fee_1e6"]:
        return i, U64
    freed = i["oracle_price_1e6"] * quote // MILLION * (ratio - i["liquidator_fee_1e6"]) // MILLION - i["oracle_price_1e6"] * fee // MILLION
    return (i, i["margin_shortage"] * 10**9 // freed) if freed > 0 else shortage()


def side(name, decimals=None):
    return {f"{name}_liq_multiplier_1e6": draw.choice([900_000, 990_000, 1_000_000, 1_010_000, 1_100_000]),
            f"{name}_decimals": decimals or draw.choice([5, 6, 8, 9]), f"{name}_price_1e6": size(1_000, 10**11)}


def liability():
    i = dict(margin_shortage=draw.choice([0, size(1, 10**13)]), asset_weight_1e4=draw.choice([0, 8_000, 9_500, 10_000, 10_500]), asset_liq_multiplier_1e6=draw.choice([1_000_000, 1_010_000]),
             liability_weight_1e4=draw.choice([10_000, 11_000, 12_000]), **side("liability"))
    fee = maybe(i, "if_fee_1e6", draw.choice([0, 1_000, 10_000]), 0)
    if i["asset_weight_1e4"] >= i["liability_weight_1e4"]:
        return i, U128
    weight = i["liability_weight_1e4"] * 10 - i["asset_weight_1e4"] * 10 * i["asset_liq_multiplier_1e6"] // i["liability_liq_multiplier_1e6"]
    freed = i["liability_price_1e6"] * weight - i["liability_price_1e6"] * fee // MILLION * i["liability_weight_1e4"] * 10
    d = i["liability_decimals"]
    up, down = (10 ** (d - 6), 1) if d > 6 else (1, 10 ** (6 - d))
    return (i, i["margin_shortage"] * up * MILLION * 10_000 * 10 // freed // down) if freed > 0 else liability()


def scales(to, of):
    return (10 ** (to - of), 1) if to > of else (1, 10 ** (of - to))


def implied():
    i = dict(asset_transfer=draw.choice([0, size(1, 10**15)]), **side("asset"), **side("liability"))
    up, down = scales(i["liability_decimals"], i["asset_decimals"])
    value = i["asset_transfer"] * up * i["asset_price_1e6"] * i["liability_liq_multiplier_1e6"]
    return i, ceil(ceil(value, i["liability_price_1e6"] * i["asset_liq_multiplier_1e6"]), down)


def asset_for():
    i = dict(asset_amount=size(1, 10**13), liability_amount=size(1, 10**13), **side("asset"), **side("liability"))
    up, down = scales(i["asset_decimals"], i["liability_decimals"])
    cost = i["liability_amount"] * up * i["liability_price_1e6"] * i["asset_liq_multiplier_1e6"] // (i["asset_price_1e6"] * i["liability_liq_multiplier_1e6"])
    transfer = max(1, cost // down)
    more, less = scales(i["asset_decimals"], 6)
    left = abs(transfer - i["asset_amount"]) * i["asset_price_1e6"] // MILLION * more // less
    return i, i["asset_amount"] if left < MILLION else transfer


def perp_fee():
    i = dict(margin_shortage=draw.choice([0, size(1, 10**10)]), base_amount_1e9=draw.choice([0, size(1, 10**14), size(1, 10**14)]), margin_ratio_1e4=draw.choice([300, 500, 1000]),
             liquidator_fee_1e6=draw.choice([0, 10_000, 100_000]), oracle_price_1e6=draw.choice([0, size(1_000, 10**11), size(1_000, 10**11)]), max_if_fee_1e6=draw.choice([0, 20_000, 50_000]))
    price = i["oracle_price_1e6"] * maybe(i, "quote_price_1e6", draw.choice([990_000, 1_000_000]), MILLION) // MILLION
    ratio = i["margin_ratio_1e4"] * 100
    if price == 0 or i["base_amount_1e9"] == 0 or ratio <= i["liquidator_fee_1e6"]:
        return i, 0
    room = ratio - i["liquidator_fee_1e6"] - i["margin_shortage"] * 10**9 // i["base_amount_1e9"] * MILLION // price
    return i, min(i["max_if_fee_1e6"], max(0, room) * 19 // 20)


def deposits():
    i = dict(loss_1e6=draw.choice([0, size(1, 10**13)]), total_deposits_1e6=draw.choice([0, size(1, 10**14), size(1, 10**14)]), cumulative_deposit_interest_1e10=size(10**10, 10**12))
    total = i["total_deposits_1e6"]
    return i, ceil(i["cumulative_deposit_interest_1e10"] * i["loss_1e6"], total) if total else 0


def funding():
    i = dict(loss_1e6=draw.choice([-1, 1]) * size(1, 10**13), base_long_1e9=size(1, 10**15), base_short_1e9=draw.choice([0, -size(1, 10**15)]))
    return i, ceil(abs(i["loss_1e6"]) * 10**9, abs(i["base_long_1e9"]) + abs(i["base_short_1e9"])) * 1_000


def weight(low, high):
    return dict(size_1e9=draw.choice([0, size(1, 10**18), size(10**9, 10**14)]), imf_factor_1e6=draw.choice([0, 10, 1_000, 10_000, 100_000]), base_weight_1e4=draw.choice([low, high]))


def discount():
    i = weight(8_000, 9_000)
    if i["imf_factor_1e6"] == 0:
        return i, i["base_weight_1e4"]
    return i, min(i["base_weight_1e4"], 1_100_000 * 10_000 // (MILLION + math.isqrt(i["size_1e9"] * 10 + 1) * i["imf_factor_1e6"] // 100_000))


def premium():
    i = weight(11_000, 12_000)
    if i["imf_factor_1e6"] == 0:
        return i, i["base_weight_1e4"]
    w = i["base_weight_1e4"]
    return i, max(w, w - w // 5 + math.isqrt(i["size_1e9"] * 10 + 1) * i["imf_factor_1e6"] // 10_000_000)


def pool():
    i = dict(pool_deposits_tokens=draw.choice([0, 1, 40_000, 123_457]), oracle_price=draw.choice([1, 25, 3_000]), base_weight_1e4=draw.choice([8_000, 9_000]))
    start = maybe(i, "scale_start_usd", draw.choice([0, 25, 500_000, 1_000_000]), 0)
    deposited = i["pool_deposits_tokens"] * i["oracle_price"]
    return i, i["base_weight_1e4"] if start == 0 or deposited < start else i["base_weight_1e4"] * start // deposited


DRIFT = dict(base_to_cover_shortage=shortage, liability_transfer_to_cover_shortage=liability, liability_implied_by_asset=implied,
             asset_transfer_for_liability=asset_for, perp_if_fee=perp_fee, deposit_index_delta_socialised=deposits, funding_delta_socialised=funding,
             size_discount_asset_weight=discount, size_premium_liability_weight=premium, pool_scaled_initial_asset_weight=pool)


def drift_case():
    calc = draw.choice(list(DRIFT))
    i, expected = DRIFT[calc]()
    # Integers beyond a double are written as text, as chains' tools do.
    return dict(calc=calc, input=i, expected=str(expected) if expected > 2**53 else expected)


# ---- Mango (11)


def mango_case():
    banks = {}
    for n, price in enumerate([1, 5, 10], 1):
        bank = dict(price=price, asset_w=draw.choice([0.5, 0.8, 1]), liab_w=draw.choice([1, 1.2, 1.5]))
        if draw.random() < 0.3:
            bank["stable_price"] = price * draw.choice([0.9, 1.1])
        banks[f"t{n}"] = bank
    i = dict(banks=banks)
    for t in banks:
        if draw.random() < 0.7:
            i[t] = draw.choice([-100, -10, -1, 0, 1, 12.5, 100, 10**6])
    if draw.random() < 0.5:
        i["perp1"] = [draw.randint(-30, 30), draw.choice([-131, -100, 0, 100]), draw.choice([0, 7]), draw.choice([0, 11])]
        i |= dict(perp1_settle=draw.choice(["t1", "t2"]), perp1_base_price=5, perp1_lot=10, perp1_base_weights=[0.8, 1.2], perp1_overall_positive_weight=0.95)
        if draw.random() < 0.3:
            i["perp1_stable_price"] = draw.choice([4.5, 5.5])
    for pair in ("oo_1_2", "oo_1_3"):
        if draw.random() < 0.5:
            i[pair] = [draw.choice([0, 1, 20]), draw.choice([0, 1, 15])]
    if draw.random() < 0.3:
        i |= dict(pool_deposits=[draw.choice([0, 100, 10_000]) for _ in banks], deposit_weight_scale_start_quote=[1_000, 5_000, 10_000])
    if draw.random() < 0.3:
        i |= dict(pool_borrows=[draw.choice([0, 100, 10_000]) for _ in banks], borrow_weight_scale_start_quote=[1_000, 5_000, 10_000])
    return dict(input=i, expected=dict(init_health=mango_health(i)))


def mango_health(i):
    names = list(i["banks"])

    def low(t):
        b = i["banks"][t]
        return min(b["price"], b.get("stable_price", b["price"]))

    def high(t):
        b = i["banks"][t]
        return max(b["price"], b.get("stable_price", b["price"]))

    def held(t):
        n, w = names.index(t), i["banks"][t]["asset_w"]
        pool, start = i.get("pool_deposits", [0] * 3)[n] * high(t), i.get("deposit_weight_scale_start_quote", [math.inf] * 3)[n]
        return low(t) * w * min(1, start / pool if pool else 1)

    def owed(t):
        n, w = names.index(t), i["banks"][t]["liab_w"]
        pool, start = i.get("pool_borrows", [0] * 3)[n] * high(t), i.get("borrow_weight_scale_start_quote", [math.inf] * 3)[n]
        return high(t) * w * max(1, pool / start)

    balance = {t: i.get(t, 0) for t in names}
    if "perp1" in i:
        lots, quote, bids, asks = i["perp1"]
        stable = i.get("perp1_stable_price", i["perp1_base_price"])
        cheap, dear = min(stable, i["perp1_base_price"]), max(stable, i["perp1_base_price"])
        asset_w, liab_w = i["perp1_base_weights"]

        def after(orders, price):
            base = (lots + orders) * i["perp1_lot"]
            return base * (liab_w * dear if base < 0 else asset_w * cheap) - orders * i["perp1_lot"] * price

        health = quote + min(after(bids, dear), after(-asks, cheap))
        balance[i["perp1_settle"]] += health * (i["perp1_overall_positive_weight"] if health > 0 else 1)
    orders = []
    for pair in ("oo_1_2", "oo_1_3"):
        if pair in i:
            q, b = "t" + pair[3], "t" + pair[5]
            orders.append((q, b, i[pair][0] + i[pair][1] * low(b) / high(q), i[pair][1] + i[pair][0] * low(q) / high(b)))
    most = dict(balance)
    for q, b, as_quote, as_base in orders:
        most[q] += as_quote
        most[b] += as_base

    def last(t, amount):
        above = min(max(most[t], 0), amount)
        return above * held(t) + (amount - above) * owed(t)

    total = sum(x * (owed(t) if x < 0 else held(t)) for t, x in balance.items())
    return total + sum(min(last(q, aq), last(b, ab)) for q, b, aq, ab in orders if aq and ab)


# ---- single rules (13)


def misc_case():
    calc = draw.choice(list(MISC))
    i, expected = MISC[calc]()
    return dict(calc=calc, input=i, expected=expected)


def storefront():
    i = dict(base_amount=draw.choice([0, 200, 12_345.6]), price=draw.choice([0.5, 200, 30_000]), liquidation_factor=draw.choice([0.6, 0.93, 1]), store_front_price_factor=draw.choice([0, 0.5, 1]))
    return i, dict(collateral_out=i["base_amount"] / (i["price"] * (1 - i["store_front_price_factor"] * (1 - i["liquidation_factor"]))))


def adl():
    i = dict(mark=draw.choice([90, 110, 250.5]), entry=draw.choice([100, 80]), notional=draw.choice([1, 11_000, 10**9]), account_value=draw.choice([2_000, 10**6]))
    return i, dict(index=i["mark"] / i["entry"] * i["notional"] / i["account_value"])


def tiers():
    i = dict(mr_without_cost=draw.choice([0, 40_000, 10**6]), mr7_raw=draw.choice([0, 9_999, 10_000, 30_000, 500_000]), tiers=[[10_000, 1], [70_000, 2], [100_000, 4]])
    raw, cost, last = i["mr7_raw"], 0, 0
    for n, (upto, factor) in enumerate(i["tiers"]):
        end = raw if n == len(i["tiers"]) - 1 else min(raw, upto)
        cost += max(0, end - last) * factor
        last = upto
    return i, dict(mr7_adjusted=cost, mmr_before_scaling=max(i["mr_without_cost"], raw), mmr=max(i["mr_without_cost"], cost))


def future():
    i = dict(size=draw.choice([-10, 0, 10, 0.01]), index=draw.choice([0.5, 2243.3]), basis_rate=draw.choice([-0.05, 0, 0.08]), days=draw.choice([0, 20, 400]), shock=draw.choice([-1, -0.15, 0, 0.15, 5]))
    return i, dict(pnl=i["size"] * i["index"] * math.exp(i["basis_rate"] * i["days"] / 365) * i["shock"])


def net_short():
    i = dict(strike_positions=dict(call=draw.choice([-10, 0, 10]), put=draw.choice([-20, 0, 20])), btc_per_net_short=draw.choice([0, 0.01]))
    return i, dict(contingency_btc=max(0, -sum(i["strike_positions"].values())) * i["btc_per_net_short"])


def offsetting():
    i = dict(long_btc=draw.choice([0, 50, 100]), short_btc=draw.choice([0, 60, 100]), rate=draw.choice([0, 0.01]))
    return i, dict(contingency_btc=min(i["long_btc"], i["short_btc"]) * i["rate"])


def vol():
    i = dict(days=draw.choice([0, 0.5, 1, 15, 30, 400]), power=draw.choice([0, 0.13, 0.3, 0.5]), range=draw.choice([-0.22, 0.38, 0.5]))
    return i, dict(iv_change=i["range"] * (30 / max(1, i["days"])) ** i["power"])


MISC = dict(collateral_storefront_quote=storefront, adl_index=adl, tiered_liquidation_cost=tiers, future_scenario_pnl=future,
            net_short_option_contingency=net_short, offsetting_futures_contingency=offsetting, vol_shock=vol)

FORMATS = {
    "08-dydx-liquidation": [liquidation_case],
    "09-dydx-margin-funding": [margin_case, settle_case, index_case],
    "10-drift-liquidation-margin": [drift_case],
    "11-mango-health": [mango_case],
    "13-margin-liquidation-misc": [misc_case],
}


def main(name, count=120):
    makers = FORMATS[name]
    cases = [dict(id=f"made-{n}", **makers[n % len(makers)]()) for n in range(count)]
    print('{"about": "Made by tools/golden/rulebooks.py", "cases": [')
    print(",\n".join(json.dumps(case) for case in cases))
    print("]}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 120)
