"""Golden cases of libs/kernel/margin: the formulas of its FORMULAS.md once more, plainly, case by case.

Written from the formulas and not from the TypeScript: no shapes, no columns, no bounds; every scenario revalues every
line in full. Only the standard library is needed.

    python3 tools/golden/margin.py > libs/kernel/margin/golden/margin.json
"""

import json
import math
import random

draw = random.Random(20210519)
HOURS = 8760.0

COINS = {"BTC": (58000.0, 0.7), "ETH": (3900.0, 0.95), "SOL": (140.0, 1.6)}
STABLES = {"USDC": (0.9995, 0.02), "USDT": (1.0003, 0.03)}
VENUES = ["north", "south", "thin"]

SHOCK = dict(volMultiplier=4.5, horizonHours=4, volShockUp=0.5, volShockDown=0.3)
PARAMETERS = dict(
    version="golden-1",
    scenarios=dict(spotSteps=11, tailMultiple=2.5, tailCounted=0.35),
    depegs=[
        dict(id="USDC", shocks=[dict(underlying="USDC", fraction=-0.12)]),
        dict(id="both", shocks=[dict(underlying="USDC", fraction=-0.05), dict(underlying="USDT", fraction=-0.08)]),
    ],
    blend=dict(all=0.5, group=0.2, own=0.3),
    imShockMultiplier=1.3,
    shockStep=0.0025,
    underlyings=[
        dict(underlying="BTC", group="majors", shockFloor=0.06, shockCap=0.5, basisRate=0.01, dailyVolumeUsd=2e9, **SHOCK),
        dict(underlying="ETH", group="majors", shockFloor=0.06, shockCap=0.5, basisRate=0.012, dailyVolumeUsd=1e9, **SHOCK),
        dict(underlying="USDC", group="stables", shockFloor=0.004, shockCap=0.12, basisRate=0.001, dailyVolumeUsd=5e8, **SHOCK),
        dict(underlying="USDT", group="stables", shockFloor=0.004, shockCap=0.12, basisRate=0.001, dailyVolumeUsd=5e8, **SHOCK),
    ],
    otherUnderlyings=dict(group="others", shockFloor=0.08, shockCap=0.5, basisRate=0.015, dailyVolumeUsd=5e7, **SHOCK),
    haircuts=dict(
        volMultiplier=4.5,
        horizonHours=24,
        assets=[dict(asset="USD", min=0, max=0, dailyVolumeUsd=1e15)],
        otherAssets=dict(min=0.1, max=0.6, dailyVolumeUsd=4e6),
    ),
    concentration=dict(participation=0.1, impactCoefficient=1, maxCostFraction=0.15),
    options=dict(shortMinimum=0.06, volTwist=0.25, volTerm=0.8),
    venues=[
        dict(venue="thin", defaultProbability=0.01, lossGivenDefault=0.9, requirementFraction=0.1, transferableShare=0.5, transferHours=2),
    ],
    otherVenues=dict(defaultProbability=0.0005, lossGivenDefault=0.6, requirementFraction=0.05, transferableShare=0.9, transferHours=1),
    custody=dict(transferableShare=1, transferHours=0.5),
    coverage=dict(horizonHours=4),
    states=dict(callRatio=1.1, hysteresis=0.02),
)

ASSETS = [dict(id=c, underlying=c) for c in COINS] + [dict(id=s, underlying=s) for s in STABLES] + [dict(id="FUND")]
LOCATIONS = [dict(id=v, kind="venue") for v in VENUES] + [dict(id="vault", kind="custody")]
INSTRUMENTS = []
for coin in COINS:
    for venue in VENUES:
        paid = "USDT" if venue == "south" else "USDC"
        quote = "USD" if venue == "thin" else paid
        INSTRUMENTS.append(dict(id=f"{coin}-PERP@{venue}", kind="perpetual", form="linear", venue=venue, underlying=coin,
                                quote=quote, settlement=paid, contractSize=0.1))
    INSTRUMENTS.append(dict(id=f"{coin}-INV@north", kind="future", form="inverse", venue="north", underlying=coin,
                            quote="USD", settlement=coin, contractSize=100))
    INSTRUMENTS.append(dict(id=f"{coin}-INVT@south", kind="future", form="inverse", venue="south", underlying=coin,
                            quote="USDT", settlement=coin, contractSize=50))
NOW_MS = 1_700_000_000_000
DAY_MS = 86_400_000
OPTIONS = []
for coin in ("BTC", "ETH"):
    for days in (0.01, 14, 90):
        for right in ("call", "put"):
            for share in (0.9, 1.0, 1.15):
                strike = round(COINS[coin][0] * share)
                name = f"{coin}-{days}-{strike}-{right}"
                common = dict(kind="option", underlying=coin, right=right, strike=strike, expiryMs=NOW_MS + days * DAY_MS)
                OPTIONS.append(dict(id=f"{name}@north", venue="north", form="linear", quote="USDC", settlement="USDC", contractSize=0.1, **common))
                OPTIONS.append(dict(id=f"{name}@thin", venue="thin", form="linear", quote="USDC", settlement="USDC", contractSize=1, **common))
                OPTIONS.append(dict(id=f"{name}-Q@thin", venue="thin", form="linear", quote="USD", settlement="USDC", contractSize=1, **common))
                OPTIONS.append(dict(id=f"{name}-INV@south", venue="south", form="inverse", quote="USD", settlement=coin, contractSize=1, **common))
FUTURES = list(INSTRUMENTS)
INSTRUMENTS += OPTIONS
BY_ID = {i["id"]: i for i in INSTRUMENTS}
UNDERLYING = {a["id"]: a.get("underlying") for a in ASSETS} | {"USD": None}
OWN = {u["underlying"]: u for u in PARAMETERS["underlyings"]}
VENUE = {v["venue"]: v for v in PARAMETERS["venues"]}


def params_of(u):
    return OWN.get(u, PARAMETERS["otherUnderlyings"])


def cdf(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def black(i, forward, sigma):
    """Value in settlement units, and delta."""
    years = (i["expiryMs"] - NOW_MS) / DAY_MS / 365
    v, k, sign = sigma * math.sqrt(years), i["strike"], 1 if i["right"] == "call" else -1
    d1 = math.log(forward / k) / v + v / 2
    value = sign * (forward * cdf(sign * d1) - k * cdf(sign * (d1 - v)))
    return (value / forward if i["form"] == "inverse" else value), sign * cdf(sign * d1)


def banded(price, width):
    return dict(mark=price, low=price * (1 - width), high=price * (1 + 1.3 * width), state="live")


def make_market():
    market = dict(assets={}, instruments={}, volatilities={}, assetVolatilities={"FUND": 0.3 + draw.random()}, options={}, atMs=NOW_MS, curves=[])
    for table in (COINS, STABLES):
        for name, (price, sigma) in table.items():
            market["assets"][name] = banded(price * (1 + 0.002 * draw.uniform(-1, 1)), 0.001)
            market["volatilities"][name] = sigma * draw.uniform(0.5, 1.5)
    market["assets"]["FUND"] = banded(12.5, 0.01)
    drawn = {}
    for i in INSTRUMENTS:
        quote = 1.0 if i["quote"] == "USD" else market["assets"][i["quote"]]["mark"]
        spot = market["assets"][i["underlying"]]["mark"] / quote
        if i["kind"] == "option":
            name = (i["underlying"], i["quote"], i["expiryMs"], i["strike"])
            if name not in drawn:
                forward = spot * (1 + 0.01 * draw.uniform(-1, 1))
                drawn[name] = dict(forward=forward, fixedForward=forward * draw.choice([0, 0, 0.4]), volatility=draw.uniform(0.4, 1.2))
            terms = market["options"][i["id"]] = drawn[name]
            market["instruments"][i["id"]] = banded(max(1e-9, black(i, terms["forward"], terms["volatility"])[0]) * (1 + 0.01 * draw.uniform(-1, 1)), 0.02)
            continue
        market["instruments"][i["id"]] = banded(spot * (1 + 0.001 * draw.uniform(-1, 1)), 0.002)
    market["curves"] = [
        dict(line="instrument", id="SOL-PERP@thin", side="sell", quantities=[0, 50, 400, 2000], marginalCosts=[0.0005, 0.002, 0.02, 0.3]),
        dict(line="asset", id="SOL", side="sell", quantities=[0, 500, 5000], marginalCosts=[0, 0.01, 0.1]),
        dict(line="instrument", id="BTC-PERP@north", side="buy", quantities=[0, 10, 100], marginalCosts=[0.0002, 0.001, 0.01]),
    ]
    return market


def make_content():
    wealth = 10 ** draw.uniform(4, 6)
    chosen = draw.sample(FUTURES, draw.randint(0, 7)) + draw.sample(OPTIONS, draw.choice([0, 0, 2, 6]))
    positions = []
    for i in chosen:
        price = COINS[i["underlying"]][0]
        unit = i["contractSize"] if i["form"] == "inverse" and i["kind"] != "option" else i["contractSize"] * price
        quantity = draw.choice([-1, 1]) * wealth * draw.uniform(0.1, 1.5) / unit
        positions.append(dict(instrument=i["id"], quantity=quantity, entryPrice=price * draw.uniform(0.85, 1.15)))
    balances, seen = [], set()
    for _ in range(draw.randint(1, 6)):
        asset = draw.choice(["USD", "USDC", "USDT", "BTC", "SOL", "FUND"])
        place = draw.choice(VENUES + ["vault"])
        if (asset, place) in seen:
            continue
        seen.add((asset, place))
        price = 1.0 if asset == "USD" else 12.5 if asset == "FUND" else (COINS | STABLES)[asset][0]
        balances.append(dict(asset=asset, location=place, amount=wealth * draw.uniform(0.05, 1) / price))
    debts = []
    if draw.random() < 0.5:
        debts.append(dict(asset="USDC", amount=wealth * draw.uniform(0, 0.3)))
    if draw.random() < 0.2:
        debts.append(dict(asset="BTC", amount=wealth * draw.uniform(0, 0.2) / 58000))
    return dict(positions=positions, balances=balances, debts=debts)


class Valuation:
    def __init__(self, market, content):
        self.m, self.c, self.p = market, content, PARAMETERS
        self.price = {a: row["mark"] for a, row in market["assets"].items()} | {"USD": 1.0}

    def x(self, u):
        p = params_of(u)
        raw = p["volMultiplier"] * self.m["volatilities"][u] * math.sqrt(p["horizonHours"] / HOURS)
        bounded = min(p["shockCap"], max(p["shockFloor"], raw))
        step = self.p["shockStep"]
        return min(p["shockCap"], math.ceil(bounded / step) * step)

    def scenarios(self, times):
        s = self.p["scenarios"]
        half = (s["spotSteps"] - 1) // 2
        us = list(COINS) + list(STABLES)
        out = []
        for k in range(-half, half + 1):
            for move in ("down", "flat", "up"):
                out.append(({u: max(-1.0, times * k / half * self.x(u)) for u in us}, 1.0, move))
        for sign in (-1, 1):
            out.append(({u: max(-1.0, times * sign * s["tailMultiple"] * self.x(u)) for u in us}, s["tailCounted"], "up"))
        for twist in ("near up", "near down"):
            out.append(({u: 0.0 for u in us}, 1.0, twist))
        for d in self.p["depegs"]:
            own = {e["underlying"]: e["fraction"] for e in d["shocks"]}
            out.append(({u: max(-1.0, times * own.get(u, 0.0)) for u in us}, 1.0, "flat"))
        return out

    def profit(self, pos, mark):
        i = BY_ID[pos["instrument"]]
        n = pos["quantity"] * i["contractSize"]
        if i["kind"] == "option":
            return n * mark
        return n * (1 / pos["entryPrice"] - 1 / mark) if i["form"] == "inverse" else n * (mark - pos["entryPrice"])

    def shocked_mark(self, i, shocks, move="flat"):
        mark = self.m["instruments"][i["id"]]["mark"]
        if i["kind"] == "option":
            t, p = self.m["options"][i["id"]], params_of(i["underlying"])
            days = (i["expiryMs"] - NOW_MS) / DAY_MS
            rates = self.p["options"]
            term = 1 + rates["volTerm"] * ((30 / max(1.0, days)) ** 0.25 - 1)
            twist = rates["volTwist"] * (30 - days) / (30 + days)
            moves = {"down": max(0.0, 1 - p["volShockDown"] * term), "flat": 1.0, "up": 1 + p["volShockUp"] * term,
                     "near up": 1 + twist, "near down": 1 - twist}
            sigma = t["volatility"] * moves[move]
            by = max(1e-6, 1 + shocks[i["underlying"]])
            if i["quote"] == i["settlement"]:
                by /= max(1e-6, 1 + shocks[UNDERLYING[i["quote"]]])
            forward = t["fixedForward"] + (t["forward"] - t["fixedForward"]) * by
            return mark + black(i, forward, sigma)[0] - black(i, t["forward"], t["volatility"])[0]
        up = 1 + shocks[i["underlying"]]
        quote = UNDERLYING[i["quote"]]
        against = i["form"] == "inverse" or i["quote"] == i["settlement"]
        return mark * up / (1 + shocks[quote]) if quote and against else mark * up

    def shocked_price(self, asset, shocks):
        u = UNDERLYING[asset]
        return self.price[asset] * (1 + shocks[u]) if u else self.price[asset]

    def notional(self, pos):
        i = BY_ID[pos["instrument"]]
        mark = self.m["instruments"][i["id"]]["mark"]
        if i["kind"] == "option":
            return abs(pos["quantity"]) * i["contractSize"] * self.m["options"][i["id"]]["forward"] * self.price[i["quote"]]
        unit = i["contractSize"] / mark if i["form"] == "inverse" else i["contractSize"] * mark
        return abs(pos["quantity"]) * unit * self.price[i["settlement"]]

    def net(self):
        held, owned = {}, {}
        for b in self.c["balances"]:
            held[b["asset"]] = held.get(b["asset"], 0.0) + b["amount"]
        for d in self.c["debts"]:
            held[d["asset"]] = held.get(d["asset"], 0.0) - d["amount"]
        owned = dict(held)
        for pos in self.c["positions"]:
            i = BY_ID[pos["instrument"]]
            gain = self.profit(pos, self.m["instruments"][i["id"]]["mark"])
            owned[i["settlement"]] = owned.get(i["settlement"], 0.0) + gain
        return held, owned

    def losses(self, times):
        """Loss by scenario and underlying, by full revaluation: the quote asset's part is told from the coin's."""
        held, _ = self.net()
        out = []
        flat = None
        for shocks, counted, move in self.scenarios(times):
            by = {u: 0.0 for u in shocks}
            for a, amount in held.items():
                u = UNDERLYING[a]
                if u:
                    by[u] -= amount * (self.shocked_price(a, shocks) - self.price[a])
            for pos in self.c["positions"]:
                i = BY_ID[pos["instrument"]]
                mark = self.m["instruments"][i["id"]]["mark"]
                settle, quote, u = UNDERLYING[i["settlement"]], UNDERLYING[i["quote"]], i["underlying"]
                now = self.profit(pos, mark) * self.price[i["settlement"]]
                then = self.profit(pos, self.shocked_mark(i, shocks, move)) * self.shocked_price(i["settlement"], shocks)
                total = then - now
                if i["kind"] == "option":
                    # Its value stands in what it is paid in; the rest moves with the coin.
                    by[settle] -= now * shocks[settle]
                    by[u] -= total - now * shocks[settle]
                elif i["form"] == "inverse":
                    # The contract is short of contractSize of its quote asset, valued through the coin.
                    part = -pos["quantity"] * i["contractSize"] / mark * self.price[i["settlement"]] * shocks[quote] if quote else 0.0
                    by[u] -= total - part
                    if quote:
                        by[quote] -= part
                elif i["quote"] == i["settlement"]:
                    # A purchase on credit: the coin leg moves with the coin, the rest with the quote asset.
                    coin = pos["quantity"] * i["contractSize"] * mark * self.price[i["settlement"]] * shocks[u]
                    by[u] -= coin
                    by[settle] -= total - coin
                else:
                    money = self.profit(pos, mark) * self.price[i["settlement"]] * (shocks[settle] if settle else 0.0)
                    by[u] -= total - money
                    if settle:
                        by[settle] -= money
            out.append({u: loss * counted for u, loss in by.items()})
        return out

    def scan(self, times):
        losses = self.losses(times)
        us = list(losses[0])
        groups = {}
        for u in us:
            groups.setdefault(params_of(u)["group"], []).append(u)
        every = max(sum(l.values()) for l in losses)
        group = sum(max(sum(l[u] for u in g) for l in losses) for g in groups.values())
        own = sum(max(l[u] for l in losses) for u in us)
        b = self.p["blend"]
        return every, group, own, b["all"] * every + b["group"] * group + b["own"] * own

    def basis(self, legs, least, times):
        """Each line moved by half of the rate against all others, or the least, where that is worse than the scenarios."""
        losses, own = self.losses(times), self.p["blend"]["own"]
        apart = {u: params_of(u)["basisRate"] / 2 * times * sum(abs(line) for line in lines) for u, lines in legs.items()}
        return sum(
            max(0.0, apart.get(u, 0.0) - own * max(l[u] for l in losses), least.get(u, 0.0) - own * max(l[u] for l in losses))
            for u in sorted(set(apart) | set(least))
        )

    def impact(self, fraction, volume, value):
        return self.p["concentration"]["impactCoefficient"] * fraction / math.sqrt(volume) * value * math.sqrt(value)

    def curve_cost(self, line, name, quantity, unit):
        side = "sell" if quantity > 0 else "buy"
        cap = self.p["concentration"]["maxCostFraction"]
        for c in self.m["curves"]:
            if (c["line"], c["id"], c["side"]) == (line, name, side):
                q, m = c["quantities"], [min(cap, v) for v in c["marginalCosts"]]
                left, cost = abs(quantity), 0.0
                for k in range(len(q) - 1):
                    width = min(left, q[k + 1] - q[k])
                    if width <= 0:
                        break
                    slope = (m[k + 1] - m[k]) / (q[k + 1] - q[k])
                    cost += width * (m[k] + slope * width / 2)
                    left -= width
                return (cost + cap * max(0.0, left)) * unit
        return None

    def unwind(self, line, name, quantity, unit, fraction, volume):
        value = abs(quantity) * unit
        cost = self.curve_cost(line, name, quantity, unit)
        if cost is None:
            cost = self.impact(fraction, volume, value)
        return min(cost, self.p["concentration"]["maxCostFraction"] * value)

    def haircut(self, asset, value):
        h = self.p["haircuts"]
        p = next((a for a in h["assets"] if a["asset"] == asset), h["otherAssets"])
        step = self.p["shockStep"]
        sigma = self.m["assetVolatilities"].get(asset, 0.0)
        raw = math.ceil(h["volMultiplier"] * sigma * math.sqrt(h["horizonHours"] / HOURS) / step) * step
        base = min(p["max"], max(p["min"], raw))
        depth = self.p["concentration"]["participation"] * p["dailyVolumeUsd"] * h["horizonHours"] / 24
        grown = max(base, raw * math.sqrt(value / depth)) if value > depth else base
        impact = 0.0 if asset == "USD" else base / math.sqrt(p["dailyVolumeUsd"]) * math.sqrt(value)
        return min(p["max"], grown + self.p["concentration"]["impactCoefficient"] * impact)

    def venue(self, place):
        return VENUE.get(place, self.p["otherVenues"])

    def standing(self, shocks=None, counted=1.0, move="flat"):
        """Equity and own requirement of each place, in one scenario (none: now)."""
        now = {u: 0.0 for u in list(COINS) + list(STABLES)}
        s = shocks or now
        equity, required = {}, {}
        for b in self.c["balances"]:
            a, place = b["asset"], b["location"]
            worth = b["amount"] * self.price[a]
            if UNDERLYING[a] is None:
                worth -= self.haircut(a, abs(worth)) * abs(worth)
            else:
                worth += counted * b["amount"] * (self.shocked_price(a, s) - self.price[a])
            equity[place] = equity.get(place, 0.0) + worth
        for pos in self.c["positions"]:
            i = BY_ID[pos["instrument"]]
            place = i["venue"]
            mark = self.m["instruments"][i["id"]]["mark"]
            before = self.profit(pos, mark) * self.price[i["settlement"]]
            after = self.profit(pos, self.shocked_mark(i, s, move)) * self.shocked_price(i["settlement"], s)
            equity[place] = equity.get(place, 0.0) + before + counted * (after - before)
            size, moved = self.notional(pos), 0.0
            if i["kind"] == "option":
                size = size if pos["quantity"] < 0 else 0.0
            elif i["form"] == "linear":
                settle = UNDERLYING[i["settlement"]]
                paid = 1.0 + s[settle] if settle and i["quote"] != i["settlement"] else 1.0
                moved = size * s[i["underlying"]] * paid * counted
            fraction = self.venue(place)["requirementFraction"]
            required[place] = required.get(place, 0.0) + fraction * (size + moved)
        return equity, required

    def coverage(self, times):
        places = sorted({b["location"] for b in self.c["balances"]} | {BY_ID[p["instrument"]]["venue"] for p in self.c["positions"]})
        if len(places) < 2:
            return 0.0
        worst = 0.0
        horizon = self.p["coverage"]["horizonHours"]
        for shocks, counted, move in self.scenarios(times):
            equity, required = self.standing(shocks, counted, move)
            e = {v: equity.get(v, 0.0) - required.get(v, 0.0) for v in places}
            need = sum(-v for v in e.values() if v < 0)
            everything = sum(v for v in e.values() if v > 0)
            movable = {}
            for v in places:
                p = self.p["custody"] if v == "vault" else self.venue(v)
                share = p["transferableShare"] * max(0.0, 1 - p["transferHours"] / horizon)
                movable[v] = share * max(0.0, e[v])
            for halted in [None] + [v for v in places if v != "vault"]:
                free = sum(m for v, m in movable.items() if v != halted)
                # A venue that halts with a need of its own cannot be paid now either; its need stays counted.
                worst = max(worst, max(0.0, need - free) - max(0.0, need - everything))
        return worst

    def figures(self):
        held, owned = self.net()
        f = {}
        f["assets"] = sum(q * self.price[a] for a, q in held.items())
        f["unrealised"] = 0.0
        f["grossNotional"] = f["concentration"] = f["priceBand"] = 0.0
        legs, contracts, expiries = {}, {}, {}
        for pos in self.c["positions"]:
            i = BY_ID[pos["instrument"]]
            row = self.m["instruments"][i["id"]]
            n, u = self.notional(pos), i["underlying"]
            f["unrealised"] += self.profit(pos, row["mark"]) * self.price[i["settlement"]]
            f["grossNotional"] += n
            unit = n / abs(pos["quantity"])
            f["concentration"] += self.unwind("instrument", i["id"], pos["quantity"], unit, self.x(u), params_of(u)["dailyVolumeUsd"])
            conservative = row["low"] if pos["quantity"] > 0 else row["high"]
            f["priceBand"] += (self.profit(pos, row["mark"]) - self.profit(pos, conservative)) * self.price[i["settlement"]]
            signed = math.copysign(n, pos["quantity"])
            if i["kind"] == "option":
                t = self.m["options"][i["id"]]
                _, delta = black(i, t["forward"], t["volatility"])
                terms = (i["right"], i["strike"], i["form"], i["quote"], i["settlement"], i["expiryMs"])
                contracts[(u, terms)] = contracts.get((u, terms), 0.0) + signed
                # Options of one expiry at one venue are one line.
                line = (u, i["venue"], i["expiryMs"])
                expiries[line] = expiries.get(line, 0.0) + signed * delta
            else:
                legs.setdefault(u, []).append(signed)
        net = dict(owned)
        for pos in self.c["positions"]:
            i = BY_ID[pos["instrument"]]
            if i["kind"] != "option" and UNDERLYING[i["quote"]]:
                sign = math.copysign(1, pos["quantity"])
                if i["form"] == "inverse" or i["quote"] == i["settlement"]:
                    net[i["quote"]] = net.get(i["quote"], 0.0) - sign * self.notional(pos) / self.price[i["quote"]]
        f["haircuts"] = f["collateralConcentration"] = 0.0
        for a in sorted(set(owned) | set(net)):
            q = owned.get(a, 0.0)
            if a != "USD":
                row = self.m["assets"][a]
                f["priceBand"] += abs(q) * (row["mark"] - row["low"] if q > 0 else row["high"] - row["mark"])
            u = UNDERLYING[a]
            if u is None:
                worth = abs(q) * self.price[a]
                f["haircuts"] += self.haircut(a, worth) * worth
            else:
                h = held.get(a, 0.0)
                f["collateralConcentration"] += self.unwind("asset", a, h, self.price[a], self.x(u), params_of(u)["dailyVolumeUsd"])
                if a != u:  # A coin is worth its own index: no line that moves against it.
                    legs.setdefault(u, []).append(net[a] * self.price[a])
        f["equity"] = f["assets"] + f["unrealised"] - f["haircuts"] - f["collateralConcentration"]
        for (u, _, _), net_delta in expiries.items():
            legs.setdefault(u, []).append(net_delta)
        equity, _ = self.standing()
        f["venueCredit"] = sum(
            max(0.0, e) * self.venue(v)["defaultProbability"] * self.venue(v)["lossGivenDefault"]
            for v, e in equity.items() if v != "vault"
        )
        for prefix, times in (("", 1.0), ("initial", self.p["imShockMultiplier"])):
            every, group, own, scan = self.scan(times)
            names = ["scanAll", "scanGroup", "scanOwn", "scan", "coverage"]
            if prefix:
                names = [prefix + n[0].upper() + n[1:] for n in names]
            for n, v in zip(names, (every, group, own, scan, self.coverage(times))):
                f[n] = v
            least = {}
            for (u, _), n in contracts.items():
                least[u] = least.get(u, 0.0) + self.p["options"]["shortMinimum"] * max(0.0, -n)
            f["initialBasis" if prefix else "basis"] = self.basis(legs, {}, times)
            # The least for short options competes with scenarios and basis: what it adds to their maximum.
            f["initialShortOption" if prefix else "shortOption"] = self.basis(legs, least, times) - self.basis(legs, {}, times)
        f["maintenance"] = f["scan"] + f["basis"] + f["concentration"] + f["venueCredit"] + f["shortOption"] + f["coverage"]
        f["initial"] = (f["initialScan"] + f["initialBasis"] + f["concentration"] + f["venueCredit"] + f["initialShortOption"]
                        + f["initialCoverage"] + f["priceBand"])
        return f


def main():
    worlds = []
    for _ in range(4):
        market = make_market()
        cases = []
        for _ in range(15):
            content = make_content()
            cases.append(dict(content=content, figures=Valuation(market, content).figures()))
        worlds.append(dict(market=market, cases=cases))
    print(json.dumps(dict(
        about="Made by tools/golden/margin.py; figures in USD.",
        parameters=PARAMETERS, assets=ASSETS, locations=LOCATIONS, instruments=INSTRUMENTS, worlds=worlds,
    ), indent=1))


if __name__ == "__main__":
    main()
