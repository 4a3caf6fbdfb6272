#!/usr/bin/env python3
"""Many runs against an emulated workspace on a loopback port, in real time: ten thousand runs of a
minute at 30 requests/s with 2,000 active at most, which takes seven minutes; and a hundred thousand
short ones without a limit, for the memory they take. The first is done on a virtual clock by
tests/sim/run_many_sim_test.cpp too, in seconds.
"""

import argparse
import json
import pathlib
import subprocess
import sys


def measure(program, rate, rows, seconds, active):
    with subprocess.Popen([program, "serve", str(rate)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as server:
        url, token = server.stdout.readline().split()
        done = subprocess.run([program, "run", url, token, str(rows), str(seconds), str(active),
                               str(rate)], stdout=subprocess.PIPE, text=True, check=False)
        seen, _ = server.communicate()
    if done.returncode != 0:
        sys.exit(f"bench_jobs ended with {done.returncode}: {done.stdout}")
    return json.loads(done.stdout), json.loads(seen)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=100_000, help="rows of the second part")
    options = parser.parse_args()
    program = options.build.resolve() / "bench" / "bench_jobs"
    rate, seconds = 30, 60

    ours, server = measure(program, rate, options.rows, seconds, 2_000)
    least = options.rows / rate + seconds
    print(f"{options.rows:,} runs of {seconds} s, 2,000 active at most, {rate} requests/s")
    print(f"  requests a run  {server['requests'] / options.rows:.4f} ({ours['polls']} to watch)")
    print(f"  seconds         {ours['seconds']:.1f}, {ours['seconds'] / least:.3f} of the least")
    print(f"  worst second    {server['worst_second']} requests; 429s: {server['throttled']}")

    ours, server = measure(program, 20_000, options.many, 0, 20_000)
    print(f"{options.many:,} rows, no limit")
    print(f"  peak memory     {ours['peak_kib'] / 1024:.0f} MiB")
    print(f"  seconds         {ours['seconds']:.1f}")


if __name__ == "__main__":
    main()
