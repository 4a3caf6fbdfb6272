#!/usr/bin/env python3
"""A client as most are: N threads, one connection each, and on 429 each thread backs off on its
own (1, 2, 3, ... 10 s and some jitter, or what Retry-After says), knowing nothing of the others.

usage: naive_client.py URL TOKEN CALLS THREADS SECONDS_MAX      prints what bench_budget prints
"""

import http.client
import json
import random
import sys
import threading
import time
import urllib.parse

PATH = "/api/2.0/dbfs/get-status?path=%2F"
BACKOFF_SECONDS_MAX = 10


class Run:
    def __init__(self, url, token, calls, seconds_max):
        self.address = urllib.parse.urlsplit(url).netloc
        self.headers = {"Authorization": f"Bearer {token}"}
        self.left = calls
        self.begin = time.monotonic()
        self.end = self.begin + seconds_max
        self.lock = threading.Lock()
        self.requests = self.throttled = self.failed = 0
        self.marks = []

    def take(self):
        with self.lock:
            self.left -= 1
            return self.left >= 0 and time.monotonic() < self.end

    def count(self, status):
        with self.lock:
            self.requests += 1
            self.throttled += status == 429

    def call(self, connection):
        started = time.monotonic()
        for attempt in range(1, 1000):
            connection.request("GET", PATH, headers=self.headers)
            answer = connection.getresponse()
            answer.read()
            self.count(answer.status)
            if answer.status != 429:
                break
            pause = float(answer.getheader("Retry-After") or min(BACKOFF_SECONDS_MAX, attempt))
            time.sleep(max(0, min(pause + random.uniform(0.05, 0.75), self.end - time.monotonic())))
            if time.monotonic() >= self.end:
                break
        with self.lock:
            if answer.status != 200:
                self.failed += 1
                return
            now = time.monotonic()
            self.marks.append((now - self.begin, now - started, self.requests, self.throttled))

    def work(self):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        while self.take():
            try:
                self.call(connection)
            except (OSError, http.client.HTTPException):
                connection.close()
                with self.lock:
                    self.failed += 1
        connection.close()


def main():
    url, token, calls, threads, seconds_max = sys.argv[1:]
    run = Run(url, token, int(calls), float(seconds_max))
    workers = [threading.Thread(target=run.work) for _ in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    json.dump({"failed": run.failed, "requests": run.requests, "throttled": run.throttled,
               "seconds": time.monotonic() - run.begin, "marks": run.marks}, sys.stdout)


if __name__ == "__main__":
    main()
