"""Random cases of Derive's two rulebooks by a second, plain implementation in 40-digit arithmetic (needs mpmath).

    python3 tools/golden/derive.py pmrm2 > libs/edges/conformance/golden/01-derive-pmrm2-portfolio-margin.json
    python3 tools/golden/derive.py standard > libs/edges/conformance/golden/02-derive-standard-margin.json
"""

import json
import random
import sys

from mpmath import erfc, exp, log, mp, mpf, sqrt

mp.dps = 40
YEAR = 365 * 86400


def cdf(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def black(call, f, k, vol, t, df):
    f, k, v = mpf(f), mpf(k), mpf(vol) * sqrt(mpf(t))
    if v == 0:
        return df * max((f - k) if call else (k - f), mpf(0))
    d1 = log(f / k) / v + v / 2
    d2 = d1 - v
    return df * ((f * cdf(d1) - k * cdf(d2)) if call else (k * cdf(-d2) - f * cdf(-d1)))


def plain(x):
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, list):
        return [plain(v) for v in x]
    return float(x) if isinstance(x, mpf) else x


# ---- portfolio margin, second version


def blocks(draw):
    u = draw.uniform
    return {
        "SkewShock": {
            "LINEAR_SCALE_CAP": u(0.05, 0.4), "LINEAR_CBASE": u(-0.2, 0.05), "ABS_SCALE_CAP": u(0.05, 0.4),
            "ABS_CBASE": u(-0.2, 0.05), "MIN_K_STAR": u(0.001, 0.1), "MIN_WIDTH_SCALE": u(1, 6),
            "VOL_PARAM_STATIC": u(0.2, 1), "VOL_PARAM_SCALE": u(-0.3, 0.3),
        },
        "VolShock": {
            "VOLRANGEUP": u(0.1, 0.8), "MIN_VOL_EVAL_SHOCKED": u(0.2, 0.9), "VOLRANGEDOWN": u(0.1, 0.9),
            "SHORTTERMPOWER": u(0.1, 0.5), "LONGTERMPOWER": u(0.05, 0.3), "DTE_FLOOR": u(0.1, 3),
        },
        "Margin": {
            "MM_LOSS_FACTOR": u(0.6, 1), "IM_LOSS_FACTOR": u(1, 1.5), "SHORT_RATE_MULTSCALE": u(0, 1.5),
            "LONG_RATE_MULTSCALE": u(0, 1.5), "SHORT_RATE_ADDSCALE": u(0, 0.2), "LONG_RATE_ADDSCALE": u(0, 0.2),
            "BASE_STATIC_DISCOUNT": u(0.8, 1), "BASE_STATIC_DISCOUNT_NEG": u(1, 1.2),
        },
        "BasisContingency": {
            "SCENARIO_SPOT_UP": u(1.01, 1.2), "SCENARIO_SPOT_DOWN": u(0.8, 0.99),
            "BASIS_CONT_ADD_FACTOR": u(0, 2), "BASIS_CONT_MULT_FACTOR": u(0, 4),
        },
        "OtherContingency": {
            "PEG_LOSS_THRESHOLD": 0.99, "PEG_LOSS_FACTOR": u(0, 4), "CONF_THRESHOLD": u(0.3, 0.8),
            "CONF_MARGIN": u(0.2, 2), "MM_PERP_PERCENT": u(0, 0.05), "IM_PERP_PERCENT": u(0, 0.02),
            "MM_OPTION_PERCENT": u(0, 0.01), "IM_OPTION_PERCENT": u(0, 0.01),
        },
    }


def grid(draw):
    rows = [[1 + 0.045 * i, m, 1.0] for i in range(-4, 5) for m in ("Up", "None", "Down")]
    rows += [[draw.uniform(0.2, 6), "Up", draw.uniform(0.01, 0.4)] for _ in range(4)]
    return rows + [[1, "LINEAR", 1.0], [1, "ABS", draw.uniform(0.5, 1)]]


def pmrm2_input(draw):
    u = draw.uniform
    spot = 10 ** u(1, 5)
    seconds = [draw.choice([0, 1, 900, 1799, 3600, 90000]), int(u(1e5, 3e6)), int(u(3e6, 4e7))]
    feeds = [
        {
            "seconds_to_expiry": s, "forward": spot * u(0.9, 1.15), "forward_confidence": u(0.2, 1),
            "rate": u(-0.1, 0.4), "rate_confidence": u(0.2, 1), "vol_confidence": u(0.2, 1),
        }
        for s in draw.sample(seconds, draw.randint(0, 3))
    ]
    options = []
    for feed in feeds:
        strikes = [feed["forward"] * u(0.6, 1.6) for _ in range(2)]
        for strike in strikes:
            vol = u(0.2, 1.4)
            for call in draw.choice([[True], [False], [True, False]]):
                row = {"seconds_to_expiry": feed["seconds_to_expiry"], "strike": strike, "call": call}
                options.append({**row, "amount": u(-20, 20), "mark_vol": vol})
    size = draw.choice([0, u(-10, 10)])
    return {
        "cash": u(-2, 5) * spot, "spot": spot, "spot_confidence": u(0.2, 1), "stable_price": u(0.9, 1.02),
        "perp": {
            "size": size, "price": spot * u(0.98, 1.02), "confidence": u(0.2, 1),
            "unrealised_pnl": size and u(-1, 1) * spot, "unrealised_funding": size and u(-0.1, 0.1) * spot,
        },
        "collateral": [
            {
                "name": f"coin {i}", "amount": u(0, 10), "price": spot * u(0.5, 1.1), "confidence": u(0.2, 1),
                "risk_cancelling": draw.random() < 0.5, "mm_haircut": u(0, 0.3), "im_extra_haircut": u(0, 0.3),
            }
            for i in range(draw.randint(0, 2))
        ],
        "options": options, "expiry_feeds": feeds, "parameters": blocks(draw), "scenarios": grid(draw),
    }


class Expiry:
    def __init__(self, case, feed):
        self.p = case["parameters"]
        self.feed, self.s = feed, feed["seconds_to_expiry"]
        self.t = mpf(self.s) / YEAR
        self.rate = max(mpf(feed["rate"]), mpf(0))
        self.df = exp(-self.rate * self.t)
        self.own = [o for o in case["options"] if o["seconds_to_expiry"] == self.s]
        forward = mpf(feed["forward"])
        self.fixed = forward * max(1800 - self.s, 0) / 1800
        self.moving = forward - self.fixed
        self.mtm = self.value(1, lambda o: mpf(o["mark_vol"]))

    def value(self, shock, vol):
        f = self.moving * mpf(shock) + self.fixed
        return sum(
            (mpf(o["amount"]) * black(o["call"], f, o["strike"], vol(o), self.t, self.df) for o in self.own), mpf(0)
        )

    def shocked(self, shock, move):
        v, k = self.p["VolShock"], self.p["SkewShock"]
        days = max(mpf(self.s), mpf(v["DTE_FLOOR"]) * 86400) / 86400
        power = v["SHORTTERMPOWER"] if self.s <= 30 * 86400 else v["LONGTERMPOWER"]
        m = (30 / days) ** mpf(power)
        root = sqrt(self.t)

        def skewed(o):
            name = "LINEAR" if move == "LINEAR" else "ABS"
            cap = mpf(k[f"{name}_CBASE"]) * root + mpf(k[f"{name}_SCALE_CAP"])
            width = max(
                mpf(k["MIN_K_STAR"]),
                root * mpf(k["MIN_WIDTH_SCALE"]) * (mpf(k["VOL_PARAM_STATIC"]) + root * mpf(k["VOL_PARAM_SCALE"])),
            )
            x = log(mpf(o["strike"]) / (self.moving + self.fixed))
            x = x if move == "LINEAR" else abs(x)
            y = x * cap / width
            return mpf(o["mark_vol"]) * max(0, 1 + (min(cap, y) if x >= 0 else max(-cap, y)))

        rules = {
            "Up": lambda o: max(mpf(v["MIN_VOL_EVAL_SHOCKED"]), mpf(o["mark_vol"]) * (1 + mpf(v["VOLRANGEUP"]) * m)),
            "None": lambda o: mpf(o["mark_vol"]),
            "Down": lambda o: mpf(o["mark_vol"]) * max(0, 1 - mpf(v["VOLRANGEDOWN"]) * m),
            "LINEAR": skewed,
            "ABS": skewed,
        }
        raw = self.value(shock, rules[move])
        g = self.p["Margin"]
        if raw >= 0:
            decay = self.rate * mpf(g["LONG_RATE_MULTSCALE"]) + mpf(g["LONG_RATE_ADDSCALE"])
            return raw * mpf(g["BASE_STATIC_DISCOUNT"]) * exp(-self.t * decay)
        decay = self.rate * mpf(g["SHORT_RATE_MULTSCALE"]) + mpf(g["SHORT_RATE_ADDSCALE"])
        return raw * min(1 / self.df, mpf(g["BASE_STATIC_DISCOUNT_NEG"]) * exp(self.t * decay))

    def basis(self):
        b = self.p["BasisContingency"]
        ends = [self.value(b[s], lambda o: mpf(o["mark_vol"])) - self.mtm for s in ("SCENARIO_SPOT_UP", "SCENARIO_SPOT_DOWN")]
        return min(*ends, mpf(0)) * (mpf(b["BASIS_CONT_ADD_FACTOR"]) + mpf(b["BASIS_CONT_MULT_FACTOR"]) * self.t)

    def naked(self):
        total = mpf(0)
        for strike in {o["strike"] for o in self.own}:
            sizes = [mpf(o["amount"]) for o in self.own if o["strike"] == strike]
            shorts, longs = -sum(s for s in sizes if s < 0), sum(s for s in sizes if s > 0)
            total += max(mpf(0), shorts - longs)
        return total


def pmrm2(case):
    p, perp = case["parameters"], case["perp"]
    spot, size = mpf(case["spot"]), mpf(perp["size"])
    expiries = [Expiry(case, f) for f in case["expiry_feeds"]]
    held = [(c, mpf(c["amount"]) * mpf(c["price"]) / mpf(case["stable_price"])) for c in case["collateral"]]
    other = p["OtherContingency"]
    spot_conf = case["spot_confidence"]
    conf = min(spot_conf, perp["confidence"]) if size else spot_conf

    def oracle(c, notional):
        low = c < other["CONF_THRESHOLD"]
        return (1 - mpf(c)) * mpf(other["CONF_MARGIN"]) * notional if low else mpf(0)

    pnl = []
    for shock, move, damping in case["scenarios"]:
        x = (mpf(shock) - 1) * mpf(damping)
        total = size * mpf(perp["price"]) * x if size else mpf(0)
        total += sum((v * x for c, v in held if c["risk_cancelling"]), mpf(0))
        for e in expiries:
            gain = (e.shocked(shock, move) - e.mtm) * mpf(damping)
            total += -abs(gain) if move in ("LINEAR", "ABS") else gain
        pnl.append(total)
    basis = sum((e.basis() for e in expiries), mpf(0))
    worst = min([basis, *pnl])
    index = len(pnl) if worst == basis else pnl.index(worst)
    naked = sum((e.naked() for e in expiries), mpf(0)) * spot
    mm = {
        "perp": -abs(size) * spot * mpf(other["MM_PERP_PERCENT"]),
        "option": -naked * mpf(other["MM_OPTION_PERCENT"]),
        "collateral": -sum((v * mpf(c["mm_haircut"]) for c, v in held), mpf(0)),
    }
    charge = oracle(conf, abs(size) * spot) + sum((oracle(min(spot_conf, c["confidence"]), v) for c, v in held), mpf(0))
    for e in expiries:
        feed = e.feed
        low = min(conf, feed["forward_confidence"], feed["rate_confidence"], feed["vol_confidence"])
        charge += oracle(low, sum((abs(mpf(o["amount"])) for o in e.own), mpf(0)) * spot) if e.own else 0
    im = {
        "perp": -abs(size) * spot * mpf(other["IM_PERP_PERCENT"]),
        "option": -naked * mpf(other["IM_OPTION_PERCENT"]),
        "collateral": -sum((v * mpf(c["im_extra_haircut"]) for c, v in held), mpf(0)),
        "oracle": -charge,
    }
    factor = mpf(p["Margin"]["IM_LOSS_FACTOR"])
    factor += max(mpf(other["PEG_LOSS_THRESHOLD"]) - mpf(case["stable_price"]), 0) * mpf(other["PEG_LOSS_FACTOR"])
    options, collateral = sum((e.mtm for e in expiries), mpf(0)), sum((v for _, v in held), mpf(0))
    mtm = mpf(case["cash"]) + options + collateral + mpf(perp["unrealised_pnl"]) + mpf(perp["unrealised_funding"])
    maintenance = mpf(p["Margin"]["MM_LOSS_FACTOR"]) * worst + sum(mm.values()) + mtm
    return {
        "maintenance_margin": maintenance,
        "initial_margin": factor * worst + sum(im.values()) + sum(mm.values()) + mtm,
        "portfolio_mtm": mtm, "option_mtm": options, "collateral_mtm": collateral,
        "mm_contingency": mm, "im_contingency": im, "basis_contingency": basis,
        "im_loss_factor": factor, "scenario_pnl": pnl, "worst_index": index,
    }


# ---- standard margin


def standard_input(draw):
    u = draw.uniform
    spots = {"ETH": u(1000, 4000), "BTC": u(20000, 90000)}
    seconds = [int(u(4000, 1e6)), int(u(1e6, 3e7)), 900]
    rows = []
    for _ in range(draw.randint(0, 6)):
        name, s = draw.choice(["ETH", "BTC"]), draw.choice(seconds)
        rows.append([name, s, round(spots[name] * u(0.5, 3)), draw.randint(0, 1), u(-5, 5), u(0.3, 1.3)])
    forward = {(n, s): spots[n] * (1 + 0.04 * s / YEAR) for n in spots for s in seconds}
    conf = {(n, s): [u(0.2, 1), u(0.2, 1)] for n in spots for s in seconds}
    column = lambda i: [row[i] for row in rows]
    feeds = [(row[0], row[1]) for row in rows]
    fixed = {n: u(0, 1) for n in spots}
    return {
        "OptionUnderlying": column(0), "OptionExpiries": column(1), "OptionStrikes": column(2),
        "OptionIsCall": column(3), "OptionAmounts": column(4), "OptionVols": column(5),
        "OptionVolConfidences": [conf[f][0] for f in feeds], "Cash": u(-1e4, 1e5),
        "Perps_ETH": draw.choice([0, u(-5, 5)]), "Perps_BTC": draw.choice([0, u(-2, 2)]),
        "wETH": draw.choice([0, u(0, 3)]), "wBTC": draw.choice([0, u(0, 3)]),
        "LastEntryETH": u(900, 4100), "LastEntryBTC": None, "ETHGlobalFundingIndex": u(-5, 5),
        "BTCGlobalFundingIndex": 0, "AccountETHFundingIndex": u(-5, 5), "AccountBTCFundingIndex": None,
        "ETHSpotPrice": spots["ETH"], "BTCSpotPrice": spots["BTC"],
        "SpotPerpConfidences": [[u(0.2, 1), u(0.2, 1)], [u(0.2, 1), u(0.2, 1)]],
        "FeedExpiries": column(1), "Forwards": [forward[f] for f in feeds],
        "ForwardConfidences": [conf[f][1] for f in feeds], "Discounts": [0.03 for _ in feeds],
        "DiscountConfidences": [1.0 for _ in feeds], "USDCValue": u(0.9, 1.01),
        "PerpPrice": [spots["ETH"] * u(0.99, 1.01), spots["BTC"] * u(0.99, 1.01)],
        "PercentFixedETH": fixed["ETH"], "PercentFixedBTC": fixed["BTC"],
        "TWAP_ETH": spots["ETH"] * u(0.97, 1.03), "TWAP_BTC": spots["BTC"] * u(0.97, 1.03),
    }


PARAMETERS = {
    "perp": {"mm": 0.05, "im": 0.065},
    "option": {
        "maxSpotReq": 0.15, "minSpotReq": 0.1, "mmCallSpotReq": 0.075, "mmPutSpotReq": 0.075, "MMPutMtMReq": 0.075,
        "unpairedIMScale": 1.2, "unpairedMMScale": 1.1, "mmOffsetScale": 1.05,
    },
    "base": {"marginFactor": 0.8, "IMScale": 0.9},
    "depeg": {"threshold": 0.98, "factor": 1.2},
    "oracle": {"threshold": 0.4, "factor": 0.4},
}


def standard_market(case, name, i):
    q, place = PARAMETERS["option"], [n for n, u in enumerate(case["OptionUnderlying"]) if u == name]
    spot, (spot_conf, perp_conf) = mpf(case[f"{name}SpotPrice"]), case["SpotPerpConfidences"][i]
    unsure = lambda c, size: (1 - mpf(c)) * mpf(PARAMETERS["oracle"]["factor"]) * spot * size if c < 0.4 else mpf(0)
    out = {"OptionMM": mpf(0), "OptionIM": mpf(0), "oracle": mpf(0), "mtm": mpf(0), "short": mpf(0)}
    for kind in ("IsolatedMM", "IsolatedIM", "BoundedMM", "BoundedIM"):
        out[f"Option{kind}"] = mpf(0)
    for s in dict.fromkeys(case["OptionExpiries"][n] for n in place):
        own = [n for n in place if case["OptionExpiries"][n] == s]
        forward = mpf(case["Forwards"][own[0]])
        if s < 3600:
            part = mpf(case[f"PercentFixed{name}"])
            forward = part * mpf(case[f"TWAP_{name}"]) + (1 - part) * forward
        option = lambda n: (case["OptionIsCall"][n] == 1, mpf(case["OptionStrikes"][n]), mpf(case["OptionAmounts"][n]))
        mm, im, calls, short = mpf(0), mpf(0), mpf(0), mpf(0)
        for n in own:
            call, k, size = option(n)
            value = size * black(call, forward, k, case["OptionVols"][n], mpf(s) / YEAR, 1)
            out["mtm"] += value
            calls += size if call else 0
            if size >= 0:
                continue
            short -= size
            away = max((k - spot) if call else (spot - k), 0) / spot
            req = max(mpf(q["maxSpotReq"]) - away, mpf(q["minSpotReq"])) * spot * size + value
            if call:
                mm, im = mm + mpf(q["mmCallSpotReq"]) * spot * size + value, im + req
            else:
                own_mm = min(mpf(q["mmPutSpotReq"]) * spot * size, mpf(q["MMPutMtMReq"]) * value) + value
                mm, im = mm + own_mm, im + min(req, own_mm * mpf(q["mmOffsetScale"]))
        pays = lambda price: sum(
            (size * max(price - k if call else k - price, 0) for call, k, size in map(option, own)), mpf(0)
        )
        least = min(pays(price) for price in [mpf(0)] + [mpf(case["OptionStrikes"][n]) for n in own])
        naked = min(calls, mpf(0)) * forward
        bounds = {w: naked * mpf(q[f"unpaired{w}Scale"]) for w in ("MM", "IM")}
        for which, isolated in (("MM", mm), ("IM", im)):
            out[f"OptionIsolated{which}"] += isolated
            out[f"OptionBounded{which}"] += least + bounds[which]
            out[f"Option{which}"] += max(isolated, min(least, mpf(0)) + bounds[which])
        low = min(spot_conf, min(case["OptionVolConfidences"][n] for n in own), case["ForwardConfidences"][own[0]])
        out["oracle"] -= unsure(low, short)
        out["short"] += short
    size, price = mpf(case[f"Perps_{name}"]), mpf(case["PerpPrice"][i])
    entry, index = case[f"LastEntry{name}"], case[f"Account{name}FundingIndex"]
    out["pnl"] = size * (price - mpf(entry)) if entry is not None else mpf(0)
    out["funding"] = size * (mpf(index) - mpf(case[f"{name}GlobalFundingIndex"])) if index is not None else mpf(0)
    out["perp"] = {w: -abs(size) * price * mpf(PARAMETERS["perp"][w]) for w in ("mm", "im")}
    coins = mpf(case[f"w{name}"]) * spot
    out["base"] = {"mm": coins * mpf("0.8"), "im": coins * mpf("0.8") * mpf("0.9")}
    out["mtm"] += out["pnl"] + out["funding"] + coins / mpf(case["USDCValue"])
    out["oracle"] -= unsure(min(spot_conf, perp_conf), abs(size)) + unsure(spot_conf, mpf(case[f"w{name}"]))
    peg = max(mpf("0.98") - mpf(case["USDCValue"]), 0) * mpf("1.2")
    out["depeg"] = -peg * spot * (out["short"] + abs(size))
    return out


def standard(case):
    both = {name: standard_market(case, name, i) for i, name in enumerate(("ETH", "BTC"))}
    total = lambda pick: sum((pick(m) for m in both.values()), mpf(0))
    cash = mpf(case["Cash"])
    gains = total(lambda m: m["pnl"] + m["funding"])
    result = {
        f"{name}{key}": m[key] for name, m in both.items() for key in m if key.startswith("Option")
    }
    return {
        **result,
        "PortfolioMtM": cash + total(lambda m: m["mtm"]),
        "UnrealizedPNL": total(lambda m: m["pnl"]), "UnsettledFunding": total(lambda m: m["funding"]),
        "PerpMargin": total(lambda m: m["perp"]["mm"]), "BaseMargin": total(lambda m: m["base"]["mm"]),
        "OracleConts": total(lambda m: m["oracle"]), "DepegIMs": total(lambda m: m["depeg"]), "Cash": cash,
        "realMM": cash + gains + total(lambda m: m["OptionMM"] + m["perp"]["mm"] + m["base"]["mm"]),
        "realIM": cash + gains
        + total(lambda m: m["OptionIM"] + m["perp"]["im"] + m["base"]["im"] + m["oracle"] + m["depeg"]),
    }


def main(which):
    draw = random.Random(2025)
    make, solve = {"pmrm2": (pmrm2_input, pmrm2), "standard": (standard_input, standard)}[which]
    cases = []
    for i in range(40):
        case = make(draw)
        cases.append({"id": f"{which}-{i}", "input": case, "expected": plain(solve(case))})
    head = {"source": "tools/golden/derive.py"}
    if which == "pmrm2":
        head["tolerance_relative"] = 1e-9
    else:
        head["parameters"] = {**PARAMETERS, "tolerance_rel": 1e-9}
    print(json.dumps({**head, "cases": cases}, separators=(",", ":")))


main(sys.argv[1])
