#!/usr/bin/env python3
"""The engine's ceiling beside wrk: small GETs answered by nginx (one worker, keep-alive, 98 bytes
of JSON), plain and TLS, client and server on a core each. Medians of rounds that take turns, so
that a busy machine is busy for all.

per core: requests per CPU second of the client, which a shared machine disturbs least.
"""

import argparse
import pathlib
import re
import statistics

import servers

SERVER_CORE, CLIENT_CORE = 0, 1


def start_nginx(here):
    cert, key = here.certificate()
    plain, tls = servers.free_port(), servers.free_port()
    here.nginx("nginx", f"""
        ssl_certificate {cert}; ssl_certificate_key {key}; ssl_session_cache off;
        server {{ listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl;
                  location / {{ return 200 '{servers.ANSWER}'; }} }}""", [plain, tls], SERVER_CORE)
    return {"plain": (f"http://127.0.0.1:{plain}", "-"), "TLS": (f"https://localhost:{tls}", cert)}


def run_wrk(url, _ca, connections, seconds):
    command = [servers.tool("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s",
               url.replace("localhost", "127.0.0.1") + "/api/2.0/dbfs/get-status?path=%2Fbench"]
    output, _, cpu = servers.measured(command, core=CLIENT_CORE)
    rate = float(re.search(r"Requests/sec:\s+([0-9.]+)", output)[1])
    requests = int(re.search(r"(\d+) requests in", output)[1])
    return rate, requests / cpu


def kiln_runner(build, mode):
    def run(url, ca, connections, seconds):
        result = servers.json_of([build / "bench" / "bench_engine", url, ca, connections, seconds,
                                  mode], core=CLIENT_CORE)
        cpu = result["user"] + result["system"]
        return result["requests"] / result["seconds"], result["requests"] / cpu
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of one measurement")
    options = parser.parse_args()
    build = options.build.resolve()
    clients = {"wrk": run_wrk, "kiln, grant + exchange": kiln_runner(build, "raw"),
               "kiln, with typed decode": kiln_runner(build, "typed")}
    with servers.Servers() as here:
        for kind, (url, ca) in start_nginx(here).items():
            for connections in (64, 16):
                seen = {client: [] for client in clients}
                for _ in range(options.rounds):
                    for client, run in clients.items():
                        seen[client].append(run(url, ca, connections, options.seconds))
                medians = {client: [statistics.median(column) for column in zip(*runs)]
                           for client, runs in seen.items()}
                rows = [(client, f"{rate:,.0f}", f"{per_core:,.0f}", f"{1e6 / per_core:.1f} us",
                         f"{per_core / medians['wrk'][1]:.2f}")
                        for client, (rate, per_core) in medians.items()]
                servers.table(f"{kind}, {connections} connections", (
                    "client", "requests/s", "per core", "CPU/request", "share of wrk"), rows)


if __name__ == "__main__":
    main()
