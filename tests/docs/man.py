#!/usr/bin/python3
"""man.py options|examples: are the man pages what the programs are?

options   every command and long option of `PROGRAM [COMMAND] --help` stands in
          the page, and the page names no other, in both languages
examples  the EXAMPLES of all pages run, in their order, in one folder
"""
import os
import re
import subprocess
import sys
import tempfile

PAGES = {"tamga-keys": 1, "tamga-issuer": 1, "tamga-scan": 1,
         "tamga-audit": 1, "tamga-review": 1, "tamga-verifier": 8}
LANGUAGES = {"en": ("", "COMMANDS", "COMMON OPTIONS", "OPTIONS", "EXAMPLES"),
             "zh": ("zh/", "命令", "通用选项", "选项", "示例")}
BIN = os.environ["TAMGA_BIN"]


def source(program, language):
    path = (f"{os.environ['TAMGA_SOURCE']}/docs/man/{LANGUAGES[language][0]}"
            f"{program}.{PAGES[program]}.scd")
    with open(path, encoding="utf-8") as f:
        return f.read()


def sections(text, mark):
    """{title: text} of a page's "# " or a section's "## "."""
    parts = re.split(rf"^{mark} (.*)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def documented(text):
    """Long options that head an entry."""
    return {o for line in re.findall(r"^\*-.*", text, re.M)
            for o in re.findall(r"\*--([a-z0-9-]+)\*", line)}


def told(program, *command):
    r = subprocess.run([f"{BIN}/{program}", *command, "--help"], check=True,
                       capture_output=True, text=True,
                       env={"ARGP_HELP_FMT": "rmargin=2000", "LANG": "C"})
    return r.stdout


def options(text):
    return set(re.findall(r"^ +(?:-\S, )? *--([a-z0-9-]+)", text, re.M))


def check(language):
    wrong = []

    def differ(where, page, program):
        wrong.extend(f"{where}: --{o} is not in the page"
                     for o in sorted(program - page))
        wrong.extend(f"{where}: --{o} is in the page alone"
                     for o in sorted(page - program))

    _, commands, common, own, _ = LANGUAGES[language]
    for program in PAGES:
        page = sections(source(program, language), "#")
        where = f"{program} ({language})"
        text = told(program)
        listed = re.search(r"^Commands:\n(.*?)\n\n", text, re.M | re.S)
        if not listed:
            differ(where, documented(page[own]), options(text))
            continue
        names = re.findall(r"^  (\S+(?: \S+)?)  ", listed.group(1), re.M)
        entries = {re.sub(r" [^a-z].*", "", t): s
                   for t, s in sections(page[commands], "##").items()}
        shared, used = documented(page[common]), {"version"}
        for name in sorted(set(names) ^ set(entries)):
            wrong.append(f"{where}: '{name}' is in one of page and program")
        for name in names:
            program_has = options(told(program, *name.split()))
            used |= program_has
            here = documented(entries.get(name, ""))
            differ(f"{where} {name}", here, program_has - shared)
        differ(f"{where} common", shared, shared & used)
    return wrong


def run(language):
    script = "set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || :' EXIT\n"
    for program in PAGES:
        examples = sections(source(program, language), "#")[
            LANGUAGES[language][4]]
        blocks = re.findall(r"^```\n(.*?)^```", examples, re.M | re.S)
        assert blocks, f"{program} has no examples"
        script += "".join(blocks).replace("\\\\", "\\")  # scdoc's escape
    if "127.0.0.1:8080" in script:
        script = script.replace(":8080", f":{20000 + os.getpid() % 20000}")
    with tempfile.TemporaryDirectory(prefix="tamga-man.") as d:
        r = subprocess.run(["bash", "-c", script], cwd=d, text=True,
                           env={**os.environ,
                                "PATH": f"{BIN}:{os.environ['PATH']}"},
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if r.returncode != 0:
        return [r.stdout, f"examples ({language}): status {r.returncode}"]
    return []


def main():
    act = {"options": check, "examples": run}[sys.argv[1]]
    wrong = [w for language in LANGUAGES for w in act(language)]
    for w in wrong:
        print(w)
    sys.exit(1 if wrong else 0)


main()
