#!/usr/bin/env python3
"""Bulk transfer beside the least time that a budget of 30 requests/s allows, against an emulator
with 50 ms latency; peak memory of the client; and, with the budget lifted, one large file over TLS
beside curl.

At full size the first two take six minutes each; --files and --gib make them smaller.
"""

import argparse
import os
import pathlib
import re
import shutil

import servers
import transfer

FILE_BYTES = 4096
SLACK = 1.02         # of the least time
PEAK_MIB = 64
OF_CURL = 0.8
JUDGED = ("up", transfer.DOWN, transfer.DOWN_NOWHERE)
FILES_PER_DIRECTORY = 1000


def judged(holds):
    return "ok" if holds else "MISSED"


def kiln(here, build, url, token, *words):
    """Runs the program as a user does, with a journal; gives output, wall seconds and peak MiB."""
    environment = dict(os.environ, DATABRICKS_HOST=url, DATABRICKS_TOKEN=token,
                       XDG_STATE_HOME=str(here.folder / "state"))
    return servers.alone([build / "kiln", *words], env=environment)


def make_tree(root, files, size):
    """Files of `size` bytes, a thousand a directory."""
    content = bytes(range(256)) * (size // 256 + 1)
    for number in range(files):
        folder = root / f"d{number // FILES_PER_DIRECTORY:04}"
        if number % FILES_PER_DIRECTORY == 0:
            folder.mkdir(parents=True)
        (folder / f"f{number:06}").write_bytes(content[:size])
    return (files + FILES_PER_DIRECTORY - 1) // FILES_PER_DIRECTORY


def requests_of(output):
    return int(re.search(r"([0-9,]+) requests", output)[1].replace(",", ""))


def against_the_budget(name, seconds, least, requests, peak):
    ratio = seconds / least
    return (name, f"{requests:,}", f"{seconds:,.1f} s", f"{least:,.1f} s", f"{ratio:.4f}",
            judged(ratio <= SLACK), f"{peak:.1f} MiB", judged(peak < PEAK_MIB))


def many_small_files(here, build, options):
    tree = here.folder / "small"
    make_tree(tree, options.files, FILE_BYTES)
    limits = ("--rate", options.rate, "--latency", options.latency)
    url, token = here.emulator(build, "--data", "discard", *limits)
    output, wall, peak = kiln(here, build, url, token, "--rate", options.rate, "fs", "cp", "-r",
                              tree, "dbfs:/small")
    shutil.rmtree(tree)
    return against_the_budget(f"{options.files:,} files of 4 KiB up", wall,
                              options.files / options.rate, requests_of(output), peak)


def one_large_file(here, build, options):
    served = here.folder / "served"
    served.mkdir()
    with (served / "large").open("wb") as out:
        out.truncate(options.mib << 20)
    limits = ("--rate", options.rate, "--latency", options.latency)
    url, token = here.emulator(build, "--data", served, *limits)
    target = here.folder / "large"
    output, wall, peak = kiln(here, build, url, token, "--rate", options.rate, "fs", "cp",
                              "dbfs:/large", target)
    if target.stat().st_size != options.mib << 20:
        raise SystemExit("bench: the file did not come whole")
    target.unlink()
    shutil.rmtree(served)
    return against_the_budget(f"{options.mib / 1024:g} GiB, sparse, down", wall,
                              options.mib / options.rate, requests_of(output), peak)


def memory_of_trees(here, build, options):
    """A plan and listings of a large tree; the budget is lifted, which memory does not mind."""
    tree, served = here.folder / "tree", here.folder / "served-tree"
    make_tree(tree, options.tree, 0)
    make_tree(served, options.tree, 0)
    url, token = here.emulator(build, "--data", served, "--limiter", "none")
    rows = []
    for name, words in (
            ("plan of an upload", ("fs", "cp", "-r", "--dry-run", tree, "dbfs:/new")),
            ("plan of a download", ("fs", "cp", "-r", "--dry-run", "dbfs:/", here.folder / "new")),
            ("plan of a sync", ("fs", "sync", "--dry-run", tree, "dbfs:/")),
            ("fs ls -r", ("fs", "ls", "-r", "dbfs:/"))):
        _, wall, peak = kiln(here, build, url, token, "--rate", 100000, *words)
        rows.append((f"{name}, {options.tree:,} files", f"{wall:.1f} s", f"{peak:.1f} MiB"))
    shutil.rmtree(tree)
    shutil.rmtree(served)
    return rows


def beside_curl(here, build, options):
    rows = []
    for way, medians in transfer.medians(here, build, "TLS", options.curl_mib, options.rounds):
        share = medians["curl"][0] / medians["kiln"][0]
        rate = {client: (options.curl_mib << 20) / 1e6 / wall
                for client, (wall, _) in medians.items()}
        rows.append((way, f"{rate['kiln']:,.0f}", f"{rate['curl']:,.0f}", f"{share:.2f}",
                     judged(share >= OF_CURL) if way in JUDGED else ""))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--files", type=int, default=10_000, help="small ones, up")
    parser.add_argument("--gib", type=float, default=10, help="of the large one, down")
    parser.add_argument("--tree", type=int, default=100_000, help="files of a plan and a listing")
    parser.add_argument("--curl-mib", type=int, default=1024, help="of the file beside curl")
    parser.add_argument("--rounds", type=int, default=3, help="beside curl")
    parser.add_argument("--rate", type=float, default=30, help="requests a second")
    parser.add_argument("--latency", default="50ms")
    parser.add_argument("--only", choices=("up", "down", "tree", "curl"))
    options = parser.parse_args()
    options.mib = round(options.gib * 1024)
    build = options.build.resolve()
    with servers.Servers() as here:
        if options.only in (None, "curl"):
            servers.table("beside curl, TLS, budget lifted", (
                "one file", "kiln, MB/s", "curl, MB/s", "kiln / curl", f">= {OF_CURL}"),
                beside_curl(here, build, options))
        if options.only in (None, "tree"):
            servers.table("memory of a tree", ("", "wall", "peak"),
                          memory_of_trees(here, build, options))
        columns = ("", "requests", "wall", "least", "ratio", f"<= {SLACK}", "peak",
                   f"< {PEAK_MIB} MiB")
        for name, run in (("up", many_small_files), ("down", one_large_file)):
            if options.only in (None, name):
                servers.table(f"{options.rate:g} requests/s, {options.latency} latency", columns,
                              [run(here, build, options)])


if __name__ == "__main__":
    main()
