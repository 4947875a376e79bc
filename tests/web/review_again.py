"""A table reviewed again, a review or an act interrupted, a certificate revoked
meanwhile: what was decided stays, and nothing is booked twice."""
import re
import signal
import sqlite3
import subprocess
import time

from http_malformed import BIN, check
import review_desk as desk
from review_desk import Service, home, ledger, notice


def person(i):
    digits = f"15010219{70 + i % 20}0{1 + i % 9}{10 + i % 18}{i % 1000:03d}"
    w = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    s = sum(int(d) * k for d, k in zip(digits, w)) % 11
    return digits + "10X98765432"[s]


def many(n, mark):
    """Advances of n people: they need no certificate yet."""
    lines = ["申领编号,姓名,证件号码,证书种类,职业名称,职业编码,等级,申请日期,"
             "金额,款项,培训机构,培训起,培训止"]
    for i in range(n):
        lines.append(f"{mark}{i},王某,{person(i)},2,电工,6-31-01-03,四级,"
                     "2026-07-15,900,预付,示范培训学校,2026-06-01,2026-07-01")
    return ("\n".join(lines) + "\n").encode()


def issuer(*args):
    return subprocess.run([BIN + "/tamga-issuer", *args, "--home",
                           home + "/body", "-q", "--pass-file",
                           home + "/pass"], check=True, text=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def lines_of(table):
    db = sqlite3.connect(f"file:{home}/desk/desk.db?mode=ro", uri=True)
    rows = db.execute("SELECT claim, verdict, state, by, at, note FROM line "
                      "WHERE sheet = ? ORDER BY row", (table,)).fetchall()
    db.close()
    return rows


def again(wang, people):
    """A table once more, when what was not at hand is."""
    zhao = people["zhao"]
    late = home + "/late.csv"
    with open(late, "w") as f:
        f.write("姓名,证件类型,证件号码,职业名称,职业编码,工种,等级,发证日期,"
                "有效期起,有效期止,应复审日期,照片,证书编号,证书种类\n"
                f"王某,,{person(950)},电工,,,四级,2020-06-30,,,,,,2\n")
    issuer("issue", late, "--batch", "late")
    qr = re.search(r'"qr":\s*"([^"]+)"', subprocess.run(
        [BIN + "/tamga-issuer", "show", "--home", home + "/body", "--index",
         "5", "--json"], check=True, text=True, capture_output=True).stdout)[1]
    lines = ["申领编号,姓名,证件号码,证书种类,二维码,职业名称,职业编码,等级,"
             "发证日期,申请日期,金额,款项",
             f"B1,王某,{person(950)},2,{qr},电工,,四级,2020-06-30,2020-07-15,"
             "1500,全额"]
    for i in (1, 2, 3):
        lines.append(f"B{i + 1},王某,{person(950 + i)},2,,电工,6-31-01-03,"
                     "四级,,2026-07-15,900,预付")
    r = wang.upload(("\n".join(lines) + "\n").encode(), "late.csv")
    at = r.location
    table = int(at.rsplit("/", 1)[1])
    state = wang.reviewed(at)
    check("not published yet", '"pass":3,"warn":0,"pending":1,"fail":0' in
          state, state)
    check("C01", "C01" in wang.get(at + "/2").plain())
    wang.decide(at + "/3", "book")
    wang.decide(at + "/4", "refuse", reason="not his to claim")
    wang.decide(at + "/5", "book")
    zhao.decide(at + "/5", "approve")
    decided = lines_of(table)
    check("decided", [x[1:4] for x in decided] ==
          [(2, 0, ""), (0, 1, "wang"), (0, 9, "wang"), (0, 2, "zhao")], decided)
    page = wang.get(at)
    check("said why", "1 claims could not be told as at" in page.plain() and
          f'action="{at}/again"' in page.text, page.plain())
    page = wang.get(at + "?lang=zh")
    check("in Chinese", "有 1 笔截至" in page.plain() and "重新审核" in
          page.plain(), page.plain())
    wang.get(at + "?lang=en")
    sun = people["sun"]
    check("not the auditor's", "/again" not in sun.get(at).text)
    for who, where, want in (
            (sun, at, (403, "forbidden")),
            (people["root"], at, (403, "forbidden")),
            (wang, "/review/tables/99", (404, "not_found"))):
        r = who.post(where + "/again", {})
        check("again, refused", (r.status, r.code) == want, (r.status, r.code))
    r = wang.post(at + "/again", {}, csrf=False)
    check("again, no token", (r.status, r.code) == (403, "bad_token"), r.code)
    r = wang.post(at + "/again", {}, {"Origin": "https://evil.example"})
    check("again, foreign", (r.status, r.code) == (403, "foreign_origin"),
          r.code)
    check("again, GET", wang.get(at + "/again").status == 405)
    db = sqlite3.connect(home + "/desk/desk.db", timeout=20)
    db.execute("INSERT INTO bulk (sheet, act, by, at, warned, state) "
               "VALUES (?, 1, 'wang', 1, 0, 1)", (table,))
    db.commit()
    db.close()
    r = wang.post(at + "/again", {})
    check("again, busy", r.location == at + "?n=busy", r.location)
    check("busy, said", "still running" in notice(wang.get(r.location)))
    wang.reviewed(at)
    check("nothing of it so far", lines_of(table) == decided and not ledger(
        "SELECT 1 FROM audit WHERE action = 'reviewed again'"))
    issuer("publish", "--out", home + "/pub")
    desk.service.process.send_signal(signal.SIGHUP)
    for _ in range(300):
        if 'data-status="valid"' in wang.get(at + "/2").text:
            break
        time.sleep(0.1)
    r = wang.decide(at + "/2", "book")
    check("pending is not booked", r.status == 409, r.status)
    r = wang.post(at + "/again", {})
    check("again", r.location == at, r.location)
    state = wang.reviewed(at)
    check("told now", '"pass":4,"warn":0,"pending":0,"fail":0' in state, state)
    after = lines_of(table)
    check("decided as before", after[1:] == decided[1:] and
          after[0][1:] == (0, 0, "", 0, ""), (decided, after))
    page = wang.get(at + "/4")
    check("refused, with its reason", 'data-state="refused"' in page.text and
          "not his to claim" in page.text, page.plain())
    check("booked", 'data-state="booked"' in wang.get(at + "/3").text)
    check("nothing pending", "when certificates, lists or rules have changed"
          in wang.get(at).plain())
    check("in the trail", ledger(
        "SELECT actor, subject, detail FROM audit WHERE action = "
        "'reviewed again'") == [("wang", f"table {table}", "1 pending")])
    r = wang.decide(at + "/2", "book")
    check("booked at last", r.location == at + "/2?n=done", notice(r))
    check("each once", ledger(
        "SELECT id, state FROM claim WHERE id LIKE 'B%' ORDER BY id") ==
        [("B1", 1), ("B2", 1), ("B4", 2)])
    # a table that is none: the button is there, and nothing else comes of it
    bad = wang.upload("姓名,身份证号\n王明,2\n".encode(), "bad.csv").location
    wang.reviewed(bad)
    r = wang.post(bad + "/again", {})
    check("failed, again", r.location == bad and '"state":"failed"' in
          wang.reviewed(bad), r.location)


def kill_in_review(who, at):
    for _ in range(2000):
        if '"state":"reviewing"' in who.get(
                "/api/v1/review" + at[len("/review"):]).text:
            break
        time.sleep(0.002)
    desk.service.stop(signal.SIGKILL)


def interrupted(wang, qian):
    """kill -9 in the middle of a review and of booking a whole table."""
    n = 900
    r = wang.upload(many(n, "K"))
    at = r.location
    kill_in_review(wang, at)
    desk.service = Service()
    # signed out by the restart: what an expired session gets
    r = wang.post("/review/sign-out", {})
    check("session gone", (r.status, r.code) == (403, "bad_token") or
          (r.status, r.code) == (403, "signed_out"), r.code)
    check("page of it", wang.get(at).location == "/review/")
    check("in again", wang.sign_in("wang").status == 303)
    state = wang.reviewed(at)
    db = sqlite3.connect(f"file:{home}/desk/desk.db?mode=ro", uri=True)
    count = db.execute("SELECT count(*), count(DISTINCT claim) FROM line WHERE "
                       "claim LIKE 'K%'").fetchone()
    db.close()
    check("reviewed once, whole", count == (n, n) and
          f'"done":{n},"total":{n}' in state, (count, state))
    check("all may be booked", f'"pass":{n}' in state, state)
    r = wang.post(at + "/bulk", {"act": "book"})
    check("asked for", r.location == at, r.location)
    r = wang.post(at + "/bulk", {"act": "book"})
    check("not twice at a time", r.location == at + "?n=busy", r.location)
    for _ in range(600):
        if ledger("SELECT count(*) FROM claim WHERE id LIKE 'K%'")[0][0] > 100:
            break
        time.sleep(0.01)
    desk.service.stop(signal.SIGKILL)
    there = ledger("SELECT count(*) FROM claim WHERE id LIKE 'K%'")[0][0]
    check("killed in the middle", 100 < there < n, there)
    desk.service = Service()
    qian.sign_in("qian")
    qian.reviewed(at)
    check("all booked, each once", ledger(
        "SELECT count(*), count(DISTINCT id), min(booked_by), max(booked_by) "
        "FROM claim WHERE id LIKE 'K%'") == [(n, n, "wang", "wang")])
    check("one line each", ledger(
        "SELECT count(*), count(DISTINCT subject) FROM audit WHERE action = "
        "'booked' AND subject LIKE 'claim K%'") == [(n, n)])
    page = qian.get(at + "?state=1")
    check("the page says so", f"{n} claims" in page.plain() and
          "Finished." in notice(page), notice(page))
    # the same people once more, under other numbers: the ledger says no
    r = qian.upload(many(50, "L"))
    state = qian.reviewed(r.location)
    check("seen by the rules", '"fail":50' in state, state)
    qian.post(r.location + "/bulk", {"act": "book"})
    qian.reviewed(r.location)
    check("nothing booked twice", ledger(
        "SELECT count(*) FROM claim WHERE id LIKE 'L%'") == [(0,)])
    return at, n


def revoked(qian, at, n):
    """A certificate revoked after the table was reviewed; and kill -9 in the
    middle of the second review of a table of which all is booked."""
    table = int(at.rsplit("/", 1)[1])
    before = lines_of(table)
    qian.post(at + "/again", {})
    kill_in_review(qian, at)
    there = len(lines_of(table))
    check("killed in the second review", there < n, there)
    subprocess.run([BIN + "/tamga-issuer", "revoke", "--home", home + "/body",
                    "--index", "4", "--reason", "cheated", "--yes", "-q"],
                   check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer("publish", "--out", home + "/pub")
    desk.service = Service()
    qian.sign_in("qian")
    qian.reviewed(at)
    check("booked as before, and good as before", lines_of(table) == before and
          {x[1:4] for x in before} == {(0, 1, "wang")}, before[:3])
    r = qian.get("/review/tables/1/6")
    check("as it is now", 'data-status="revoked"' in r.text and
          'data-verdict="pass"' in r.text)
    r = qian.decide("/review/tables/1/6", "book")
    check("not booked any more", r.status == 409 and "C02" in notice(r),
          notice(r))
