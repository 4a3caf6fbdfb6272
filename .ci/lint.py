#!/usr/bin/env python3
"""The linters: clang-format over every source, the co_await gate over every co_await that is
compiled, clang-tidy over the library and the program.

The gate and clang-tidy parse each file, which takes seconds; what passed is remembered under the
build directory by the content of the file and of every header of this tree that it reaches, so a
second run looks at changed files only.
"""

import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TREES = ("include", "src", "tests", "bench")
FORMAT = "clang-format-14"
TIDY = "clang-tidy-14"
QUERY = "clang-query-19"
QUERY_FILE = ROOT / ".ci" / "coawait.query"
# The build is configured for g++, whose warnings (errors in CI) the compiler judges.
NO_WARNINGS = ["--extra-arg=-w", "--extra-arg=-Wno-error"]
# A flagged statement is accepted when it, or the line above it, says why it is safe.
ALLOW = re.compile(r"//.*\bco_await gate: \S+")
MATCH = re.compile(r'^(/[^:]+):(\d+):\d+: note: "root" binds here', re.M)
AWAITING_MACRO = re.compile(rb"#\s*define(?:[^\n]*\\\n)*[^\n]*\bco_await\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<(kiln/[^>]+)>)', re.M)


def run(command, cwd=ROOT):
    done = subprocess.run(command, cwd=cwd, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def sources():
    for tree in TREES:
        for path in sorted((ROOT / tree).rglob("*")):
            if path.suffix in (".cpp", ".hpp"):
                yield path


class Closure:
    """The content of a file and of every header of this tree that it reaches, as one hash."""

    def __init__(self):
        self.text_of = {}
        self.includes_of = {}

    def text(self, path):
        if path not in self.text_of:
            self.text_of[path] = path.read_bytes()
        return self.text_of[path]

    def includes(self, path):
        if path not in self.includes_of:
            found = []
            for quoted, public in INCLUDE.findall(self.text(path).decode(errors="replace")):
                name = quoted or public
                quoted_in = [path.parent, ROOT / "src", ROOT / "tests"]
                places = quoted_in if quoted else [ROOT / "include"]
                for place in places:
                    if (place / name).is_file():
                        found.append((place / name).resolve())
                        break
            self.includes_of[path] = found
        return self.includes_of[path]

    def reached(self, path):
        """The file itself and every header of this tree that it includes, directly or not."""
        reached, todo = set(), [path]
        while todo:
            here = todo.pop()
            if here not in reached:
                reached.add(here)
                todo.extend(self.includes(here))
        return reached

    def hash(self, path, salt):
        digest = hashlib.sha256(salt)
        for each in sorted(self.reached(path)):
            digest.update(str(each.relative_to(ROOT)).encode())
            digest.update(hashlib.sha256(self.text(each)).digest())
        return digest.hexdigest()


def check_format():
    status, output = run([FORMAT, "--dry-run", "-Werror", "--style=file", *map(str, sources())])
    if status == 0:
        return ""
    place = re.compile(rf"^{re.escape(str(ROOT))}/([^:\n]+):\d+:\d+: error", re.M)
    wrong = sorted(set(place.findall(output)))
    return f"to repair: {FORMAT} -i {' '.join(wrong)}\n" if wrong else output


def gate_matches(output):
    """(file, line) of each statement the gate flags, without those that say why they are safe."""
    flagged = []
    for name, line in sorted({(f, int(n)) for f, n in MATCH.findall(output)}):
        text = pathlib.Path(name).read_text().splitlines()
        if not any(ALLOW.search(each) for each in text[max(0, line - 2):line]):
            flagged.append((name, line))
    return flagged


def gate(build, path):
    status, output = run([QUERY, "-p", str(build), *NO_WARNINGS, "-f", str(QUERY_FILE), str(path)])
    if status != 0 or re.search(r"error:|Error parsing|Matcher not found|Input value", output):
        return f"{path.relative_to(ROOT)}: {QUERY} could not look at it:\n{output}\n"
    return "".join(
        f"{pathlib.Path(name).relative_to(ROOT)}:{line}: g++ 12 miscompiles this co_await: name its"
        f" temporaries first, then await, and name the result before a condition\n    "
        f"{pathlib.Path(name).read_text().splitlines()[line - 1].strip()}\n"
        for name, line in gate_matches(output))


def gate_itself():
    """The gate must flag every bad form of the canary and none of the good ones."""
    problems = ""
    for name in ("bad_forms.cpp", "good_forms.cpp"):
        path = ROOT / "tests" / "canary" / name
        status, output = run([QUERY, "-f", str(QUERY_FILE), str(path), "--", "-std=c++20",
                              f"-I{ROOT / 'tests'}"])
        found = {line for file, line in gate_matches(output) if file == str(path)}
        wanted = {number for number, line in enumerate(path.read_text().splitlines(), 1)
                  if line.endswith("// bad")}
        if status != 0 or " error: " in output:
            problems += f"{path.relative_to(ROOT)}: {QUERY} could not look at it:\n{output}\n"
        for line in sorted(found ^ wanted):
            problems += (f"{path.relative_to(ROOT)}:{line}: the co_await gate "
                         f"{'misses this' if line in wanted else 'flags this without need'}\n")
    return problems


def awaiting(compiled, closure):
    """Those of the files that the gate must parse so that it sees every co_await of the tree: each
    that has one of its own or may get one from a macro, and for each header one that has it."""
    chosen, headers_seen, rest = [], set(), []
    for path in compiled:
        reached = closure.reached(path)
        if b"co_await" in closure.text(path) or any(
                AWAITING_MACRO.search(closure.text(each)) for each in reached):
            chosen.append(path)
            headers_seen |= reached
        else:
            rest.append((path, {each for each in reached if b"co_await" in closure.text(each)}))
    for path, headers in rest:
        if headers - headers_seen:
            chosen.append(path)
            headers_seen |= headers
    return sorted(chosen)


def tidy(build, path):
    status, output = run([TIDY, "-p", str(build), *NO_WARNINGS, "--quiet",
                          "--warnings-as-errors=*", str(path)])
    if status == 0:
        return ""
    return re.sub(r"^\d+ warnings? (generated|treated as errors?)\.?\n", "", output, flags=re.M)


class Remembered:
    """Files that passed, by hash. Written as they pass, so that an interrupted run is not lost."""

    def __init__(self, path):
        self.path = path
        self.met = set()
        self.passed = set(path.read_text().split()) if path.exists() else set()

    def add(self, key):
        self.passed.add(key)
        with self.path.open("a") as out:
            out.write(key + "\n")

    def forget_the_rest(self):
        """After a run over everything: what was not met is a file as it no longer is."""
        self.path.write_text("".join(f"{key}\n" for key in sorted(self.passed & self.met)))


def check_each(title, check, files, salt, build, jobs, remembered, closure):
    keys = {path: closure.hash(path, salt) for path in files}
    remembered.met.update(keys.values())
    fresh = [path for path in files if keys[path] not in remembered.passed]
    started, failed = time.monotonic(), 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for path, problem in zip(fresh, pool.map(lambda each: check(build, each), fresh)):
            if problem:
                print(problem, end="", flush=True)
                failed += 1
            else:
                remembered.add(keys[path])
    title = f"{title} ({len(fresh)} of {len(files)} files to look at)"
    report(title, f"{failed} files failed\n" if failed else "", started)
    return not failed


def report(title, problems, started):
    if problems:
        sys.stdout.write(problems)
    print(f"lint: {title}: {'FAILED' if problems else 'ok'}, {time.monotonic() - started:.0f} s",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="a configured build")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", choices=("format", "gate", "tidy"))
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    commands = json.loads((build / "compile_commands.json").read_text())
    compiled = sorted({pathlib.Path(each["file"]).resolve() for each in commands})
    compiled = [path for path in compiled if path.is_file() and path.is_relative_to(ROOT)
                and path.relative_to(ROOT).parts[0] in TREES]
    remembered, closure, good = Remembered(build / "lint-passed"), Closure(), True

    def wanted(name):
        return arguments.only in (None, name)

    if wanted("format"):
        started = time.monotonic()
        problems = check_format()
        report("formatting", problems, started)
        good &= not problems
    if wanted("gate"):
        started = time.monotonic()
        problems = gate_itself()
        report("the co_await gate flags what it must and nothing else", problems, started)
        good &= not problems
        good &= check_each("co_await gate", gate, awaiting(compiled, closure),
                           b"gate" + QUERY_FILE.read_bytes(), build, arguments.jobs, remembered,
                           closure)
    if wanted("tidy"):
        library = [path for path in compiled if path.is_relative_to(ROOT / "src")]
        salt = b"tidy" + (ROOT / ".clang-tidy").read_bytes()
        good &= check_each("clang-tidy", tidy, library, salt, build, arguments.jobs, remembered,
                           closure)
    if arguments.only is None:
        remembered.forget_the_rest()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
