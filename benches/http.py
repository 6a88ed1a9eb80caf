#!/usr/bin/env python3
"""Requests per second of a service in HypnoScript and in node, side by side.

Needs wrk, node, taskset, and release builds of hypc and hypvm. The service runs on one processor, the
client on another. Rounds alternate, so that what else the machine does hits both.

    benches/http.py [--rounds 5] [--seconds 4] [--connections 64] [--target target/release]
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent / "http"
PORTS = {"hypvm": 18_201, "node": 18_202}


def cpu_seconds(process):
    """Processor time that a process has used so far."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def load(port, seconds, connections, script):
    """Requests per second, and the 99th percentile of the latency in milliseconds."""
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if script:
        command += ["-s", str(script)]
    output = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True
    ).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(output)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
    return rate, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measure(name, options, scratch):
    module = pathlib.Path(scratch) / f"{name}.hbc"
    target = pathlib.Path(options.target)
    subprocess.run([target / "hypc", "build", HERE / f"{name}.hyp", "-o", module], check=True)
    commands = {
        "hypvm": [target / "hypvm", "serve", "--workers", "1", "--allow-net", module],
        "node": ["node", HERE / f"{name}.js"],
    }
    script = HERE / f"{name}.lua"
    script = script if script.exists() else None
    services = {
        who: subprocess.Popen(["taskset", "-c", "0", *command, str(PORTS[who])])
        for who, command in commands.items()
    }
    try:
        time.sleep(1)
        rates, latencies, costs = ({who: [] for who in services} for _ in range(3))
        for who in services:
            load(PORTS[who], 2, options.connections, script)
        for _ in range(options.rounds):
            for who, service in services.items():
                before = cpu_seconds(service)
                rate, latency = load(PORTS[who], options.seconds, options.connections, script)
                used = cpu_seconds(service) - before
                rates[who].append(rate)
                latencies[who].append(latency)
                costs[who].append(used * 1e6 / (rate * options.seconds))
    finally:
        for service in services.values():
            service.terminate()
        for service in services.values():
            service.wait()
    for who in services:
        print(
            f"{name:6} {who:6} {statistics.median(rates[who]):9.0f} requests/s"
            f"   p99 {statistics.median(latencies[who]):6.2f} ms"
            f"   {statistics.median(costs[who]):6.2f} us of processor time each"
        )
    by_time = statistics.median(costs["node"]) / statistics.median(costs["hypvm"])
    by_rate = statistics.median(rates["hypvm"]) / statistics.median(rates["node"])
    print(f"{name:6} hypvm / node: {by_rate:.2f} by rate, {by_time:.2f} by processor time")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--target", default="target/release")
    parser.add_argument("names", nargs="*", default=["hello", "echo"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.names:
            measure(name, options, scratch)


if __name__ == "__main__":
    main()
