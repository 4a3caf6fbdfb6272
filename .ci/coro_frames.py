#!/usr/bin/env python3
"""Reads the layout of coroutine frames from the debug information of object files.

A coroutine_handle finds the promise 16 bytes behind the start of the frame: after the two function
pointers. g++ 12 puts a variable of its own before them when a condition awaits
(src/decisions/0004-no-co-await-in-a-condition.md), and then every frame of that coroutine is
corrupt. What the sources look like does not matter here: this judges what the compiler made.

usage: coro_frames.py BUILD-OR-OBJECT...   builds or objects made by g++ with -g
       coro_frames.py --self-test          the compiler's own fault must be seen
Fails as well when a coroutine has no debug information, and when there was none at all.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

PROMISE = "_Coro_promise"
CANARY = "canary.dir"  # its objects hold the fault on purpose: the test that looks for it
OFFSET = 16  # on 64 bits, for any promise that is not over-aligned; none of ours is
DIE = re.compile(r"^ <(\d+)><[0-9a-f]+>: Abbrev Number: \d+(?: \((DW_TAG_\w+)\))?")
NAME = re.compile(r"^    <[0-9a-f]+> +DW_AT_name +: (?:\(.*?\): )?(.*?)\s*$")
PLACE = re.compile(r"^    <[0-9a-f]+> +DW_AT_data_member_location: (\d+)")

# The smallest coroutine that awaits in a condition and declares nothing.
FAULTY = """
#include <coroutine>
struct task {
  struct promise_type {
    int value = 0;
    task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(int v) { value = v; }
    void unhandled_exception() {}
  };
};
struct ready {
  bool await_ready() noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) noexcept {}
  bool await_resume() noexcept { return true; }
};
task in_condition() {
  if (co_await ready{}) co_return 1;
  co_return 0;
}
task named_first() {
  bool const yes = co_await ready{};
  if (yes) co_return 1;
  co_return 0;
}
"""


def coroutines(path):
    """How many coroutines an object file defines: each has a function called its actor."""
    symbols = subprocess.run(["nm", "--defined-only", str(path)], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True, errors="replace")
    if symbols.returncode != 0:
        sys.exit(f"coro_frames: {path} is not an object file")
    return len(re.findall(r"\.actor$", symbols.stdout, re.M))


def frames(path):
    """(mangled name, the promise's offset) of each frame in the debug information of an object."""
    environment = dict(os.environ, LC_ALL="C")
    reader = subprocess.Popen(["readelf", "--debug-dump=info", str(path)], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              errors="replace")
    found, owners, tag, depth, name = [], {}, None, 0, ""
    for line in reader.stdout:
        entry = DIE.match(line)
        if entry:
            depth, tag, name = int(entry[1]), entry[2], ""
            owners[depth] = ""
        elif tag == "DW_TAG_member" or tag == "DW_TAG_structure_type":
            named, placed = NAME.match(line), PLACE.match(line)
            if named:
                name = owners[depth] = named[1]
            elif placed and name == PROMISE:
                found.append((owners.get(depth - 1, ""), int(placed[1])))
    if reader.wait() != 0:
        sys.exit(f"coro_frames: readelf could not read {path}")
    return found


def judge(path):
    defined = coroutines(path)
    return path, defined, frames(path) if defined else []


def objects(arguments):
    """The objects named; those of a build are the ones it makes today, and has made."""
    for each in map(pathlib.Path, arguments):
        if each.is_dir():
            for made in json.loads((each / "compile_commands.json").read_text()):
                words = shlex.split(made["command"])
                path = pathlib.Path(made["directory"]) / words[words.index("-o") + 1]
                if path.exists() and CANARY not in path.parts:
                    yield path
        else:
            yield each


def coroutine_of(frame):
    name = frame.removesuffix(".Frame")
    shown = subprocess.run(["c++filt", name], stdout=subprocess.PIPE, text=True).stdout.strip()
    return shown or name


def scan(arguments):
    started = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(judge, objects(arguments), chunksize=4))
    judged, problems = 0, 0
    for path, defined, found in results:
        judged += len(found)
        for frame, offset in found:
            if offset != OFFSET:
                problems += 1
                print(f"{path}: the promise of {coroutine_of(frame)} is at {offset}, not at"
                      f" {OFFSET}: does a condition in it await? Name the result first.")
        if len(found) < defined:
            problems += 1
            print(f"{path}: {defined} coroutines, but frames of {len(found)} in its debug"
                  f" information: was it made by g++ with -g?")
    if judged == 0:
        problems += 1
        print("coro_frames: no coroutine found, so nothing was judged")
    print(f"coro_frames: {judged} frames in {len(results)} objects, {problems or 'no'} problems,"
          f" {time.monotonic() - started:.0f} s")
    return problems == 0


def self_test():
    with tempfile.TemporaryDirectory() as where:
        made = pathlib.Path(where) / "faulty.o"
        subprocess.run(["g++", "-std=c++20", "-g", "-c", "-x", "c++", "-", "-o", str(made)],
                       input=FAULTY, text=True, check=True)
        offset_of = {coroutine_of(frame): offset for frame, offset in frames(made)}
        version = subprocess.run(["g++", "-dumpversion"], stdout=subprocess.PIPE, text=True).stdout
    print(f"coro_frames: g++ {version.strip()} puts the promise at {offset_of}")
    good = offset_of.get("named_first()") == OFFSET and "in_condition()" in offset_of
    if version.startswith("12."):
        good = good and offset_of["in_condition()"] != OFFSET
    return good


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(0 if self_test() else "coro_frames: the fault was not seen as expected")
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    sys.exit(0 if scan(sys.argv[1:]) else 1)


if __name__ == "__main__":
    main()
