#!/usr/bin/env python3
"""Lets the compiler of a build look at files without making anything of them.

usage: compiles.py BUILD --rest     those of its files that the build has made no object of
       compiles.py BUILD FILE...    these
The flags are the build's own; without an object a file takes a third of the time.
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time


def entries(build, names):
    """(file, command, directory) of what is to be looked at."""
    for each in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(each["command"])
        at = words.index("-o")
        made = pathlib.Path(each["directory"]) / words[at + 1]
        file = pathlib.Path(each["file"]).resolve()
        if file in names if names else not made.exists():
            del words[at:at + 2]
            yield file, words + ["-fsyntax-only"], each["directory"]


def look(entry):
    file, words, directory = entry
    done = subprocess.run(words, cwd=directory, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return file, done.returncode, done.stdout


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    build = pathlib.Path(sys.argv[1])
    names = {pathlib.Path(each).resolve() for each in sys.argv[2:] if each != "--rest"}
    todo, started, failed = list(entries(build, names)), time.monotonic(), 0
    if names - {file for file, _, _ in todo}:
        sys.exit("compiles: the build does not know all of these files")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, status, output in pool.map(look, todo):
            print(output, end="")
            if status != 0:
                failed += 1
                print(f"compiles: {file} does not")
    print(f"compiles: {len(todo)} files, {failed or 'no'} failed,"
          f" {time.monotonic() - started:.0f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
