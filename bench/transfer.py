#!/usr/bin/env python3
"""CPU and wall time of a GiB up and down beside curl, plain and TLS, against a kiln emulator that
throws bytes away and does not limit. Up: one multipart put. Down: kiln decodes the 1 MiB answers of
dbfs/read; curl fetches the same answers on one connection, as they are. Both keep them in a file,
fsynced, or both keep nothing.
"""

import argparse
import os
import pathlib
import statistics

import servers

BLOCK = 1 << 20
DOWN = "down, both to a file"
DOWN_NOWHERE = "down, both keep nothing"


def curl(url, ca, token):
    trust = [] if ca == "-" else ["--cacert", ca]
    return [servers.tool("curl"), "-sS", "--fail", *trust, "-H", f"Authorization: Bearer {token}"]


def curl_up(url, ca, token, local):
    return [*curl(url, ca, token), "-H", "Expect:", "-F", "path=/bench/curl", "-F",
            "overwrite=true", "-F", f"contents=@{local}", f"{url}/api/2.0/dbfs/put"]


def curl_down(url, ca, token, size, to):
    ranges = f"offset=[0-{size - BLOCK}:{BLOCK}]&length={BLOCK}"
    fetch = [*curl(url, ca, token), f"{url}/api/2.0/dbfs/read?path=/bench/curl&{ranges}"]
    if to is None:
        return [*fetch, "-o", "/dev/null"]
    return ["sh", "-c", 'to=$1; shift; "$@" >"$to" && sync "$to"', "sh", to, *fetch]


def medians(here, build, kind, mib, rounds):
    """Of a file of `mib` MiB, "plain" or "TLS": gives (way, {client: (wall, CPU seconds)})."""
    size = mib * BLOCK
    local, back = here.folder / "local", here.folder / "back"
    if not local.exists():
        with local.open("wb") as out:
            block = bytes(range(256)) * (BLOCK // 256)
            for _ in range(mib):
                out.write(block)
    program = build / "bench" / "bench_transfer"
    url, token = here.emulator(build, "--data", "discard", "--limiter", "none", tls=kind == "TLS")
    ca = here.certificate()[0] if kind == "TLS" else "-"
    down = [program, "down", url, ca, token, "/bench/kiln"]
    pairs = {
        "up": (curl_up(url, ca, token, local),
               [program, "up", url, ca, token, local, "/bench/kiln"]),
        DOWN: (curl_down(url, ca, token, size, back), [*down, back]),
        DOWN_NOWHERE: (curl_down(url, ca, token, size, None), [*down, "-"]),
        "down, only kiln to a file": (curl_down(url, ca, token, size, None), [*down, back]),
    }
    for way, (peer, ours) in pairs.items():
        seen = {"curl": [], "kiln": []}
        for _ in range(rounds):
            for client, command in (("curl", peer), ("kiln", ours)):
                # Dirty pages of what went before would be paid for by who comes next.
                back.unlink(missing_ok=True)
                os.sync()
                _, wall, cpu = servers.measured(command)
                seen[client].append((wall, cpu))
        if way not in ("up", DOWN_NOWHERE) and back.stat().st_size != size:
            raise SystemExit(f"bench: {back.stat().st_size} of {size} bytes came back")
        yield way, {client: tuple(statistics.median(column) for column in zip(*runs))
                    for client, runs in seen.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--mib", type=int, default=1024, help="size of the file")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    gib = options.mib / 1024
    with servers.Servers() as here:
        for kind in ("plain", "TLS"):
            for way, each in medians(here, options.build.resolve(), kind, options.mib,
                                     options.rounds):
                rows = [(client, f"{cpu / gib:.2f} s", f"{wall / gib:.2f} s",
                         f"{options.mib * BLOCK / 1e6 / wall:,.0f}", f"{cpu / each['curl'][1]:.2f}")
                        for client, (wall, cpu) in each.items()]
                servers.table(f"{way}, {kind}", (
                    "client", "CPU/GiB", "wall/GiB", "MB/s", "CPU, share of curl"), rows)


if __name__ == "__main__":
    main()
