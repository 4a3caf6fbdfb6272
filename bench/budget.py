#!/usr/bin/env python3
"""How well 30 requests/s are used: 600 calls through six limiters, by kiln and by naive clients
with 16 and 32 threads; each client has a limiter of its own, all that share a row run at once.

goodput: answers with 200 a second, as a share of 30. wasted: 429s as a share of all requests.
p99: of a call, from its start to its answer. Each is given for the whole run and for what follows
its first 5 seconds, when kiln has learned what the limiter bears.
"""

import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys

import servers

RATE = 30
LEARNING_SECONDS = 5
SECONDS_MAX = 90  # For a client that collapses.
CLIENTS = ("kiln", "naive, 16 threads", "naive, 32 threads")


def nginx_limiter(limit):
    def start(here, name, _build):
        ports = [servers.free_port() for _ in CLIENTS]
        http = "".join(f"""
            limit_req_zone $server_name zone=z{port}:1m rate={RATE}r/s;
            server {{ listen 127.0.0.1:{port}; server_name s{port};
                      location / {{ limit_req zone=z{port} {limit}; limit_req_status 429;
                                    try_files /answer.json =404; }} }}""" for port in ports)
        here.nginx(name, http, ports)
        return [(f"http://127.0.0.1:{port}", "bench-token") for port in ports]
    return start


def haproxy_limiter(rules):
    def start(here, name, _build):
        ports = [servers.free_port() for _ in CLIENTS]
        frontends = "".join(f"""
backend table{port}
  stick-table type integer size 10 expire 60s store http_req_rate(1s)
frontend f{port}
  bind 127.0.0.1:{port}
{rules.format(table=f"table{port}", rate=RATE)}
  http-request return status 200 content-type application/json string '{servers.ANSWER}'
""" for port in ports)
        here.haproxy(name, frontends, ports)
        return [(f"http://127.0.0.1:{port}", "bench-token") for port in ports]
    return start


def emulated_limiter(kind):
    def start(here, _name, build):
        return [here.emulator(build, "--limiter", kind, "--rate", str(RATE)) for _ in CLIENTS]
    return start


ADMITTED_COUNTED = """\
  http-request deny deny_status 429 if {{ int(1),table_http_req_rate({table}) ge {rate} }}
  http-request track-sc0 int(1) table {table}"""
REFUSED_COUNTED = """\
  http-request track-sc0 int(1) table {table}
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {rate} }}"""
LIMITERS = {
    "nginx, burst=30 nodelay": nginx_limiter("burst=30 nodelay"),
    "nginx, no burst": nginx_limiter(""),
    "haproxy 1 s window, admitted counted": haproxy_limiter(ADMITTED_COUNTED),
    "haproxy 1 s window, refused counted": haproxy_limiter(REFUSED_COUNTED),
    "kiln emulate, window": emulated_limiter("window"),
    "kiln emulate, strict window": emulated_limiter("strict-window"),
}


def command_of(client, build, url, token, calls, concurrency):
    if client == "kiln":
        return [build / "bench" / "bench_budget", url, token, calls, concurrency, SECONDS_MAX]
    threads = client.split()[1]
    return [sys.executable, pathlib.Path(__file__).parent / "naive_client.py", url, token, calls,
            threads, SECONDS_MAX]


def run_client(command):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=SECONDS_MAX + 60)
    if done.returncode != 0:
        sys.exit(f"bench: {command[0]} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def figures(result, after):
    marks = sorted(result["marks"])
    before = [mark for mark in marks if mark[0] <= after]
    rest = [mark for mark in marks if mark[0] > after]
    if not rest:
        return ("none", "-", "-")
    _, _, requests0, throttled0 = before[-1] if before else (0, 0, 0, 0)
    # A client that was stopped has used the time up to then, not to its last success.
    seconds = max(rest[-1][0], result["seconds"] if result["failed"] else 0) - after
    took = sorted(mark[1] for mark in rest)
    requests, throttled = result["requests"] - requests0, result["throttled"] - throttled0
    return (f"{len(rest) / seconds / RATE:.2f}", f"{100 * throttled / max(1, requests):.1f} %",
            f"{took[min(len(took) - 1, int(0.99 * len(took)))]:.2f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--concurrency", type=int, default=32, help="calls kiln is given at a time")
    parser.add_argument("--only", default="", help="limiters whose name contains this")
    options = parser.parse_args()
    build = options.build.resolve()
    print(f"{options.calls} calls, {RATE} requests/s; columns twice: whole run, and after its first"
          f" {LEARNING_SECONDS} s")
    for limiter, start in LIMITERS.items():
        if options.only not in limiter:
            continue
        with servers.Servers() as here, concurrent.futures.ThreadPoolExecutor() as pool:
            places = start(here, "limiter", build)
            commands = [command_of(client, build, *place, options.calls, options.concurrency)
                        for client, place in zip(CLIENTS, places)]
            results = list(pool.map(run_client, commands))
        rows = [(client, *figures(result, 0), *figures(result, LEARNING_SECONDS),
                 result["failed"]) for client, result in zip(CLIENTS, results)]
        servers.table(limiter, ("client", "goodput", "wasted", "p99", "goodput", "wasted", "p99",
                                "failed"), rows)


if __name__ == "__main__":
    main()
