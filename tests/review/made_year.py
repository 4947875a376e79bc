"""The year of year.py: its people, bodies, trainings and certificates, issued with
the programs, its claims, and what is planted among them."""
import collections
import csv
import datetime
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "data"))
import make_claims  # noqa: E402
import make_roster  # noqa: E402

BIN = os.environ["TAMGA_BIN"]
TESTS = os.environ["TAMGA_TESTS"]
ENV = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en"}
BASE = "https://verify.tamga.example/"
OCCUPATIONS = [o for o in make_roster.OCCUPATIONS if "5" in o[3]]


def usage_of(children=True):
    import resource
    u = resource.getrusage(resource.RUSAGE_CHILDREN if children
                           else resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


def run(program, *args, ok=(0,)):
    r = subprocess.run([os.path.join(BIN, program), *map(str, args)], env=ENV,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True, check=False)
    if r.returncode not in ok:
        raise SystemExit(f"{program} {args[0]}: status {r.returncode}\n"
                         f"{r.stdout[-2000:]}{r.stderr[-2000:]}")
    return r


def uscc(serial):
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    s = f"52150100MJY{serial:06d}"
    total = sum(alphabet.index(c) * w for c, w in zip(s, weights))
    return s + alphabet[(31 - total % 31) % 31]


def iso(day):
    return day.isoformat()


class Body:
    def __init__(self, year, n, name, authority):
        self.year, self.name, self.authority = year, name, authority
        self.id, self.prefix = uscc(n), f"S000015{200 + n:06d}"
        self.home = f"{year.dir}/body{n}"
        self.rows, self.certificates, self.sessions = [], [], []
        p = year.secret
        run("tamga-keys", "body", "init", "--home", self.home, "--name", name,
            "--body-id", self.id, "--prefix", self.prefix, *p)
        scope = f"{self.home}/scope.ini"
        with open(scope, "w") as f:
            f.write(f"[body]\nid={self.id}\nname={name}\nprefix={self.prefix}\n"
                    f"base={BASE}\nnot_before=2010-01-01\nkinds=2,4\n"
                    "[kind.2]\noccupations=*\n[kind.4]\nitems=*\n")
        run("tamga-keys", "authority", "admit", "--home", authority, "--csr",
            f"{self.home}/body.csr", "--scope", scope, "--out",
            f"{self.home}.pem", *p)
        run("tamga-keys", "body", "install", "--home", self.home, "--cert",
            f"{self.home}.pem", "-q")

    def add(self, person, occupation, level, issued, institution, kind=2,
            trained=None, photo="", review=""):
        """A row of the roster; the certificate is known after issue()."""
        trained = trained or (issued - datetime.timedelta(days=40),
                              issued - datetime.timedelta(days=3))
        c = {"body": self, "name": person[0], "id": person[1], "kind": kind,
             "occupation": occupation[0], "code": occupation[1],
             "level": level, "issued": issued, "institution": institution,
             "trained": trained}
        self.rows.append([person[0], person[1], occupation[0], occupation[1],
                          str(level or ""), iso(issued), review, photo,
                          str(kind)])
        self.certificates.append(c)
        return c

    def issue(self):
        roster = f"{self.home}/roster.csv"
        with open(roster, "w", newline="") as f:
            w = csv.writer(f)
            w.writerow(["姓名", "证件号码", "职业名称", "职业编码", "等级", "发证日期",
                        "应复审日期", "照片", "证书种类"])
            w.writerows(self.rows)
        run("tamga-issuer", "issue", "--home", self.home, roster, "--batch",
            "year", "--photos", self.year.dir, *self.year.secret)
        out = run_text(os.path.join(TESTS, "review-entries"),
                       f"sqlite:{self.home}/registry.db", BASE)
        found = list(make_claims.entries(out.splitlines()))
        assert len(found) == len(self.certificates), self.name
        for c, e in zip(self.certificates, found):
            assert (c["name"], c["id"]) == (e["name"], e["id"])
            c.update(number=e["number"], qr=e["qr"], index=int(e["index"]))

    def publish(self):
        run("tamga-issuer", "publish", "--home", self.home, "--out",
            self.year.pub, *self.year.secret)


def run_text(*args):
    return subprocess.run(args, env=ENV, stdout=subprocess.PIPE, text=True,
                          check=True).stdout


class Year:
    def __init__(self, folder, certificates, faults):
        self.dir, self.want, self.faults = folder, certificates, faults
        self.random = random.Random(20190722)
        self.people = make_roster.People(7, datetime.date(2020, 12, 31))
        self.pub = f"{folder}/pub"
        self.secret = ("--pass-file", f"{folder}/pass", "-q")
        with open(f"{folder}/pass", "w") as f:
            f.write("pass phrase of a made-up year\n")
        with open(f"{folder}/face.png", "wb") as f:
            f.write(subprocess.run(
                [os.path.join(HERE, "..", "issuer", "photo.py")],
                stdout=subprocess.PIPE, check=True).stdout)
        for a in ("authority", "stranger"):
            run("tamga-keys", "authority", "init", "--home", f"{folder}/{a}",
                "--name", a, *self.secret)
        home = f"{folder}/authority"
        self.honest = [Body(self, n, f"第{n}评价中心", home) for n in (1, 2, 3)]
        self.dishonest = [Body(self, n, name, home) for n, name in
                          ((11, "快证中心"), (12, "同号中心"), (13, "倒签中心"))]
        self.stranger = Body(self, 21, "名录外中心", f"{folder}/stranger")
        self.n_claims = 0
        self.lists = collections.defaultdict(list)
        self.planted = {}   # claim -> (kind, verdict, code)
        self.kinds = collections.Counter()

    def person(self):
        name = self.people.name()
        return name, self.people.id_number()

    def workday(self, n):
        """The nth Monday to Friday of 2020, wrapping around."""
        n %= 250
        return datetime.date(2020, 1, 6) + datetime.timedelta(
            days=n // 5 * 7 + n % 5)

    # --- what bodies issue

    def classes(self, body, n):
        """Classes of 20 of one institution, a day each."""
        done = 0
        k = body.prefix[-1:] == "2"
        while done < n:
            size = min(20, n - done)
            occupation = self.random.choice(OCCUPATIONS)
            level = self.random.choice([5, 4, 4, 3])
            day = self.workday(int(k) * 3 + int(body.prefix[-2:]))
            for _ in range(size):
                body.add(self.person(), occupation, level, day,
                         f"{body.name}第{int(k) % 9 + 1}学校")
            body.sessions.append((day, size + size // 6 + 1, size, 100))
            done += size
            k += 1

    def issue(self):
        odd = max(70, self.want * 6 // 100)
        self.extra = self.spares()
        rest = self.want - 3 * odd - sum(
            len(b.rows) for b in (*self.honest, self.stranger))
        for b in self.honest:
            self.classes(b, rest // 3)
        fast, shared, early = self.dishonest
        sundays = [datetime.date(2020, 5, 10), datetime.date(2020, 9, 6)]
        trade = OCCUPATIONS[0]
        for i in range(odd):
            fast.add(self.person(), trade, 4, sundays[i * 2 // odd], "快证学校")
        fast.sessions += [(d, odd, odd * 8 // 10, 20) for d in sundays]
        for i in range(odd):
            shared.add(self.person(), trade, 5, self.workday(i * 3),
                       f"同号第{i % 5}学校",
                       photo="face.png" if i < self.each else "")
        shared.sessions.append((sundays[0], odd, odd, 100))
        for i in range(odd // 2):
            who, day = self.person(), self.workday(i * 5)
            later = day + datetime.timedelta(days=10)
            for level, issued in ((3, day), (4, later)):
                early.add(who, OCCUPATIONS[1 + i % 3], level, issued,
                          "倒签学校", trained=(issued - datetime.timedelta(20),
                                           issued + datetime.timedelta(4)))
        early.sessions.append((sundays[1], odd, odd * 9 // 10, 100))
        for b in (*self.honest, *self.dishonest, self.stranger):
            b.issue()

    # --- faults: certificates made for them, then claims

    def spares(self):
        """Certificates that faults of a kind need beyond any good one."""
        spare = collections.defaultdict(list)
        self.each = max(1, self.faults // 33)
        first = self.faults - 32 * self.each  # the first kind takes the rest
        self.n_of = lambda kind: first if kind == "forged" else self.each

        def some(kind, n=1, make=None, **more):
            for i in range(self.n_of(kind)):
                body = self.honest[i % 3]
                who = self.person()
                made = []
                for k in range(n):
                    day = self.workday(7 * i + 61 * k)
                    occupation = OCCUPATIONS[(i + k) % len(OCCUPATIONS)]
                    made.append(body.add(who, occupation, 4, day, f"{kind}校",
                                         **more) if make is None else
                                make(body, who, occupation, day, k))
                spare[kind].append(made)

        for kind in ("forged revoked suspended superseded early other_name "
                     "other_person other_level other_occupation other_date "
                     "other_number number_form id_checksum same_subject pension "
                     "death student amount number_shared names_differ "
                     "no_advance advance_over advance_twice claim_twice "
                     "incomplete foreign_host national").split():
            some(kind)
        some("other_person_b")
        some("unknown_issuer", make=lambda b, who, o, day, k:
             self.stranger.add(who, o, 4, day, "名录外校"))
        some("expired", make=lambda b, who, o, day, k: b.add(
            who, ("低压电工作业", "1.2"), 0, datetime.date(2014, 3, 3), "旧校", kind=4,
            review="2017-03-02"))
        some("late", make=lambda b, who, o, day, k: b.add(
            who, o, 4, datetime.date(2019, 3, 4), "旧校"))
        some("year_full", n=4)
        some("overlap", n=2, make=lambda b, who, o, day, k: b.add(
            who, o, 4, self.workday(10 + 2 * k), "重叠校"))
        some("in_training", make=lambda b, who, o, day, k: b.add(
            who, o, 4, day, "早签校",
            trained=(day - datetime.timedelta(9), day + datetime.timedelta(9))))
        some("weekend", make=lambda b, who, o, day, k: b.add(
            who, o, 4, datetime.date(2020, 4, 4) + datetime.timedelta(
                days=7 * (int(who[1][-4:-1]) % 30)), "周末校"))
        some("levels", n=2, make=lambda b, who, o, day, k: b.add(
            who, OCCUPATIONS[0], 4 - k, datetime.date(2020, 3, 2) +
            datetime.timedelta(days=91 * k), "晋级校"))
        return spare

    def claim(self, c, **change):
        self.n_claims += 1
        n = self.n_claims
        applied = c["issued"] + datetime.timedelta(days=20)
        row = {"申领编号": f"2020-{n:05d}", "姓名": c["name"], "证件号码": c["id"],
               "证书种类": str(c["kind"]), "证书编号": c["number"],
               "二维码": c["qr"], "职业名称": c["occupation"],
               "职业编码": c["code"],
               "等级": str(c["level"]) if c["level"] else "",
               "发证日期": iso(c["issued"]), "培训机构": c["institution"],
               "培训起": iso(c["trained"][0]), "培训止": iso(c["trained"][1]),
               "补贴种类": "", "款项": "", "申请日期": iso(applied),
               "金额": str(make_claims.AMOUNTS[c["kind"], c["level"]]),
               "银行账户": f"6217{n:015d}", "手机号": f"139{n:08d}",
               "组织部门": str(n % 10 + 1), "地区": "1502"}
        row.update(change)
        return row

    def plant(self, kind, row, verdict, code):
        self.planted[row["申领编号"]] = (kind, verdict, code)
        self.kinds[kind] += 1
        return row

    def faults_of(self):
        """Groups of rows; within a group the order matters."""
        e, claim, plant = self.extra, self.claim, self.plant
        day = datetime.timedelta

        def one(kind, verdict, code, change):
            for made in e[kind]:
                c = made[-1]
                rows = [claim(x) for x in made[:-1]]
                yield rows + [plant(kind, claim(c, **change(c)), verdict, code)]

        def digit(c):
            at = c["qr"].index("#") + 1 + 17 * 8
            return {"二维码": c["qr"][:at] + str(int(c["qr"][at]) ^ 1) +
                    c["qr"][at + 1:]}

        def listed(name):
            return lambda c: self.lists[name].append(c["id"]) or {}

        yield from one("forged", "fail", "C01", digit)
        yield from one("unknown_issuer", "fail", "C01", lambda c: {})
        yield from one("revoked", "fail", "C02", lambda c: {})
        yield from one("suspended", "pending", "C02", lambda c: {})
        yield from one("superseded", "fail", "C02", lambda c: {})
        yield from one("expired", "fail", "C02",
                       lambda c: {"申请日期": "2020-06-01"})
        yield from one("early", "fail", "C02", lambda c: {
            "申请日期": iso(c["issued"] - day(9))})
        yield from one("other_name", "fail", "C03",
                       lambda c: {"姓名": "某" + c["name"]})
        yield from one("other_level", "fail", "C03",
                       lambda c: {"等级": "3", "金额": "2000"})
        yield from one("other_occupation", "fail", "C03",
                       lambda c: {"职业名称": "车工" if c["occupation"] != "车工"
                                  else "电工", "职业编码": ""})
        yield from one("other_date", "fail", "C03",
                       lambda c: {"发证日期": iso(c["issued"] - day(1))})
        yield from one("other_number", "fail", "C03", lambda c: {
            "证书编号": c["number"][:-1] + str((int(c["number"][-1]) + 5) % 10)})
        yield from one("number_form", "fail", "C04",
                       lambda c: {"证书编号": c["number"][:-2]})
        yield from one("id_checksum", "fail", "C05", lambda c: {
            "证件号码": c["id"][:-1] + ("0" if c["id"][-1] != "0" else "1")})
        yield from one("year_full", "fail", "C07",
                       lambda c: {"申请日期": "2020-12-28"})
        yield from one("late", "fail", "C08", lambda c: {
            "补贴种类": "技能提升补贴", "申请日期": "2020-03-05"})
        yield from one("pension", "fail", "C09", listed("pension"))
        yield from one("death", "fail", "C09", listed("death"))
        yield from one("student", "warn", "C09", listed("student"))
        yield from one("amount", "fail", "C10", lambda c: {"金额": "1501"})
        yield from one("overlap", "warn", "C12", lambda c: {})
        yield from one("in_training", "warn", "C12", lambda c: {})
        yield from one("weekend", "warn", "C12", lambda c: {})
        yield from one("levels", "warn", "C15", lambda c: {})
        yield from one("no_advance", "fail", "C16",
                       lambda c: {"款项": "余款", "金额": "600"})
        yield from one("advance_over", "fail", "C16",
                       lambda c: {"款项": "预付", "金额": "901"})
        yield from one("incomplete", "fail", "C18", lambda c: {"金额": ""})
        yield from one("foreign_host", "warn", "C19", lambda c: {
            "二维码": c["qr"].replace(BASE, "https://tamga-verify.example/")})
        for made in e["national"]:
            self.lists["no_national"].append(made[0]["number"])
        yield from one("national", "pending", "C14", lambda c: {})
        for made, victim in zip(e["other_person"], e["other_person_b"]):
            # with somebody else's certificate
            v = victim[0]
            yield [plant("other_person", claim(v, 姓名=made[0]["name"],
                                               证件号码=made[0]["id"]),
                         "fail", "C03"), claim(v)]
        for made in e["same_subject"]:
            yield [claim(made[0]), plant("same_subject", claim(made[0]),
                                         "fail", "C06")]
        for made in e["claim_twice"]:
            good = claim(made[0])
            again = claim(made[0], 手机号="13000000000")
            again["申领编号"] = good["申领编号"]
            self.kinds["claim_twice"] += 1
            # both rows say so: which is right is for the office to tell
            self.planted[good["申领编号"]] = ("claim_twice", "fail", "C17")
            yield [good, again]
        for made in e["advance_twice"]:
            first = claim(made[0], 款项="预付", 金额="900")
            yield [first, plant("advance_twice", claim(
                made[0], 款项="预付", 金额="900"), "fail", "C16")]
        for made in e["number_shared"]:
            # a number without a code, claimed by somebody else as well
            c, who = made[0], self.person()
            yield [claim(c), plant("number_shared", claim(
                c, 姓名=who[0], 证件号码=who[1], 二维码=""), "fail", "C11")]
        for made in e["names_differ"]:
            c = made[0]
            yield [claim(c), plant("names_differ", claim(
                c, 姓名="某" + c["name"], 证书编号="", 二维码=""), "fail", "C11")]

    # --- the tables

    def write(self):
        groups = list(self.faults_of())
        used = {id(c) for made in self.extra.values() for cs in made for c in cs}
        for b in (*self.honest, *self.dishonest):
            for i, c in enumerate(b.certificates):
                if id(c) in used:
                    continue
                row = self.claim(c)
                if b is self.dishonest[1]:
                    row.update(手机号="13900000000", 银行账户="621700000000001")
                    if i < self.each:
                        self.plant("photo", row, "fail", "C11")
                groups.append([row])
        # an advance before, its balance after: one subsidy, not two
        for g in groups[-40:]:
            if len(g) == 1 and g[0]["申领编号"] not in self.planted:
                whole = int(g[0]["金额"])
                rest = dict(g[0], 款项="余款", 金额=str(whole - whole * 6 // 10))
                rest["申领编号"] += "-2"
                g[0].update(款项="预付", 金额=str(whole * 6 // 10))
                g.append(rest)
        self.random.shuffle(groups)
        self.rows = [row for g in groups for row in g]
        self.claims = f"{self.dir}/claims.csv"
        with open(self.claims, "w", newline="") as f:
            w = csv.DictWriter(f, make_claims.HEADER)
            w.writeheader()
            w.writerows(self.rows)
        for name in ("pension", "death", "student"):
            with open(f"{self.dir}/{name}.csv", "w") as f:
                f.write("证件号码\n" + "".join(i + "\n" for i in self.lists[name]))
        known = {c["number"] for b in (*self.honest, *self.dishonest,
                                       self.stranger)
                 for c in b.certificates if c["number"]}
        known |= {r["证书编号"] for r in self.rows if r["证书编号"]}
        with open(f"{self.dir}/national.csv", "w") as f:
            f.write("证书编号\n" + "".join(
                n + "\n" for n in sorted(known - set(self.lists["no_national"]))))
        with open(f"{self.dir}/sessions.csv", "w") as f:
            f.write("机构代码,评价日期,参评人数,合格人数,日评价能力\n")
            for b in (*self.honest, *self.dishonest):
                for d, assessed, passed, capacity in b.sessions:
                    f.write(f"{b.id},{iso(d)},{assessed},{passed},{capacity}\n")
        with open(f"{self.dir}/rules.ini", "w") as f:
            f.write(make_claims.RULES + "[from 2019-07-22 scheme 技能提升补贴]\n"
                    "kinds = 1,2\nlevels = 5,4,3\ndeadline_months = 12\n")

    def statuses(self):
        for action, kind in (("revoke", "revoked"), ("suspend", "suspended"),
                             ("replace", "superseded")):
            for n, b in enumerate(self.honest):
                mine = [m[0]["number"] for m in self.extra[kind]
                        if m[0]["body"] is b]
                self.change(b, action, mine, kind)

    def change(self, body, action, numbers, reason):
        if not numbers:
            return
        path = f"{self.dir}/list"
        with open(path, "w") as f:
            f.write("".join(n + "\n" for n in numbers))
        secret = self.secret if action == "replace" else ("-q",)
        run("tamga-issuer", action, "--home", body.home, "--file", path,
            "--reason", reason, "--yes", *secret)

    def publish(self):
        run("tamga-keys", "authority", "publish", "--home",
            f"{self.dir}/authority", "--out", self.pub, *self.secret)
        for b in (*self.honest, *self.dishonest):
            b.publish()

    # --- the desk

    def review(self, command, *args, ok=(0, 1, 4)):
        return run("tamga-review", command, *args, "--home", f"{self.dir}/desk",
                   "--pub", self.pub, "--anchor",
                   f"{self.dir}/authority/anchor.pem", ok=ok)

    def table(self, command, *args):
        lists = [x for n in ("pension", "death", "student", "national")
                 for x in (f"--{n}", f"{self.dir}/{n}.csv")]
        return self.review(command, self.claims, "--rules",
                           f"{self.dir}/rules.ini", *lists, *args)
