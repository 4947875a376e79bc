#!/usr/bin/python3
"""A made-up year of a league goes through the reviewer's desk.

    year.py [--certificates N] [--faults N] [--keep DIR]

People, bodies and trainings are synthetic (seeded; ID numbers have right check
digits). Three honest bodies and three dishonest ones issue N certificates with
the programs; claims for them are made, with faults of some thirty kinds planted
among them, and pass through tamga-review check, book, approve, pay, report,
anomalies and statistics. It fails unless every planted fault is found with its
code, no good claim fails, nothing is booked twice, every payment on a
certificate revoked later is reported, and the dishonest bodies stand on top.
"""
import argparse
import collections
import csv
import json
import os
import shutil
import sys
import tempfile

from made_year import Year, run, usage_of


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, what, good, detail=""):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f"not so: {what} {detail}")


def check_bodies(y, check, lines):
    """C13: at the claims of the dishonest bodies, and at nobody else's."""
    number = {r["申领编号"]: r["证书编号"] for r in y.rows}
    odd = {c["number"] for b in y.dishonest for c in b.certificates}
    said = collections.Counter()
    for line in lines:
        wrong = number[line["claim"]] in odd
        told = "C13" in line["codes"]
        said[wrong, told] += 1
        if told:
            text = " ".join(line["reasons"])
            check("C13 says what is odd", "issuing body stands out" in text and
                  "limit" in text or "capacity" in text, line)
        check("C13 as the body is", told == wrong, line)
        check("and it is said so", line["body_odd"] == ("yes" if told else "no")
              or line["body_odd"] == "not checked" and not told and
              line["certificate"] in ("", "forged", "unknown_issuer",
                                      "superseded"), line)
    check("claims of both", said[True, True] > 100 < said[False, False], said)


def check_table(y, check):
    r = y.table("check", "--json", "--out", f"{y.dir}/report.xlsx")
    lines = [json.loads(line) for line in r.stdout.splitlines()]
    check("a line a claim", len(lines) == len(y.rows), len(lines))
    found = collections.Counter()
    verdicts = collections.Counter()
    for line in lines:
        verdicts[line["verdict"]] += 1
        want = y.planted.get(line["claim"])
        if want is None:
            check("a good claim stays good", line["verdict"] in ("pass", "warn"),
                  line)
            continue
        kind, verdict, code = want
        good = line["verdict"] == verdict and code in line["codes"]
        check(f"planted: {kind}", good, (want, line))
        found[kind] += good
    found["claim_twice"] //= 2
    check_bodies(y, check, lines)
    check("what is said of the bodies",
          "stand out (C13): 3, of the ledger and this table" in r.stderr or
          "stand out (C13): 3, ledger not checked" in r.stderr, r.stderr)
    check("every fault of every kind", found == y.kinds,
          y.kinds - found)
    return verdicts


def book_and_pay(y, check, verdicts):
    r = y.table("book", "--yes", "--with-warnings", "--actor", "li", "--json")
    last = json.loads(r.stdout.splitlines()[-1])
    want = verdicts["pass"] + verdicts["warn"]
    check("what passes is booked", (last["booked"], last["refused"]) ==
          (want, 0), last)
    r = y.table("book", "--yes", "--with-warnings", "--actor", "zhang", "--json")
    last = json.loads(r.stdout.splitlines()[-1])
    check("booked once", (last["booked"], last["already"]) == (0, want), last)
    r = run("tamga-review", "list", "--home", f"{y.dir}/desk", "--json")
    booked = [json.loads(line)["claim"] for line in r.stdout.splitlines()]
    check("all in the ledger", len(booked) == want and
          not set(booked) & {k for k, v in y.planted.items()
                             if v[1] in ("fail", "pending")}, len(booked))
    for act, who in (("approve", "wang"), ("pay", "zhao")):
        for i in range(0, len(booked), 1000):
            run("tamga-review", act, "--home", f"{y.dir}/desk", "--actor", who,
                *booked[i:i + 1000])
    return booked


def revoke_after(y, check, booked):
    """Certificates revoked after they were paid for: all and only those."""
    by_claim = {r["申领编号"]: r for r in y.rows}
    gone, money = [], 0
    for b in y.honest:
        numbers = {c["number"] for c in b.certificates}
        mine = [c for c in booked if by_claim[c]["证书编号"] in numbers and
                by_claim[c]["款项"] == ""][:5]
        y.change(b, "revoke", [by_claim[c]["证书编号"] for c in mine], "fraud")
        gone += mine
        money += sum(int(by_claim[c]["金额"]) for c in mine)
    y.publish()
    r = y.review("report", "--json", ok=(1,))
    told = {json.loads(line)["claim"] for line in r.stdout.splitlines()}
    check("what must be reclaimed", told == set(gone), told ^ set(gone))
    check("and how much", f"{money}.00 yuan" in r.stderr, r.stderr)
    run("tamga-review", "return", "--home", f"{y.dir}/desk", "--reason",
        "revoked", "--actor", "zhao", *gone)
    check("reclaimed", y.review("report", ok=(0,)).stdout == "")


def anomalies(y, check):
    args = (y.claims, "--rules", f"{y.dir}/rules.ini", "--json",
            "--sessions", f"{y.dir}/sessions.csv")
    r = y.review("anomalies", *args, "--out", f"{y.dir}/anomalies.xlsx")
    lines = [json.loads(line) for line in r.stdout.splitlines()]
    bodies = [x for x in lines if "rank" in x]
    check("the dishonest on top", {b["name"] for b in bodies[:3]} ==
          {b.name for b in y.dishonest}, bodies)
    kinds = {b.id: {x["anomaly"] for x in lines if x.get("body_id") == b.id and
                    "key" in x} for b in y.dishonest}
    want = ({"per_day", "weekend", "serials"},
            {"phone", "account", "photo", "pass_rate"}, {"levels", "before_end"})
    for b, w in zip(y.dishonest, want):
        check(f"what is odd about {b.name}", w <= kinds[b.id], kinds[b.id])
    honest = {b.name: s for b in y.honest for s in
              [x["score"] for x in bodies if x["name"] == b.name]}
    return [(b["name"], b["score"]) for b in bodies], honest


def statistics(y, check, booked):
    out = f"{y.dir}/pub/statistics"
    run("tamga-review", "statistics", "--home", f"{y.dir}/desk", "--year",
        "2020", "--out", out)
    with open(f"{out}/statistics.csv", encoding="utf-8-sig") as f:
        rows = list(csv.reader(f))
    total = [r for r in rows if r[0] == "合计"][0]
    check("counted", total[3].isdigit() and 0 < int(total[3]) <= len(booked),
          total)
    check("no count below ten", not any(
        x.isdigit() and 0 < int(x) < 10 for r in rows[1:] for x in r[3:]))


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--certificates", type=int, default=1200)
    p.add_argument("--faults", type=int, default=100)
    p.add_argument("--keep")
    p.add_argument("--make", action="store_true",
                   help="only make it, and DIR/planted.json: what must be "
                        "found of which claim")
    a = p.parse_args()
    folder = a.keep or tempfile.mkdtemp(prefix="tamga-year-")
    os.makedirs(folder, exist_ok=True)
    check = Checks()
    try:
        y = Year(folder, a.certificates, a.faults)
        y.issue()
        y.statuses()
        y.publish()
        y.write()
        if a.make:
            with open(f"{y.dir}/planted.json", "w") as f:
                json.dump(y.planted, f)
            return
        made = usage_of()
        verdicts = check_table(y, check)
        booked = book_and_pay(y, check, verdicts)
        ranks, honest = anomalies(y, check)
        revoke_after(y, check, booked)
        statistics(y, check, booked)
        issued = sum(len(b.certificates) for b in
                     (*y.honest, *y.dishonest, y.stranger))
        check("as many as were asked for",
              issued >= a.certificates - 10 and
              sum(y.kinds.values()) >= a.faults and len(y.kinds) >= 25,
              (issued, sum(y.kinds.values()), len(y.kinds)))
        print(f"{issued} certificates, {len(y.rows)} claims, "
              f"{sum(y.kinds.values())} faults of {len(y.kinds)} kinds; "
              f"{dict(verdicts)}; {len(booked)} booked and paid")
        print("anomalies:", ", ".join(f"{n} {s}" for n, s in ranks))
        print(f"CPU: {made:.1f} s to make, {usage_of() - made:.1f} s to review, "
              f"{usage_of(False):.1f} s of this script")
    finally:
        if not a.keep:
            shutil.rmtree(folder)
    print(f"{check.passed} checks passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
