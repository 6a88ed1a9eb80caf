#!/usr/bin/env python3
"""Runs the benchmark programs as whole processes on HypnoScript and its peers, interleaved, and prints ratios.

  benches/run.py                     all programs, all engines found
  benches/run.py --only fib,nbody --engines hypvm,gcc,node,luajit
  benches/run.py --stripped          adds hypvm-s: the same programs without type annotations
  benches/run.py --cpu               processor time instead of wall time, for a busy machine
  benches/run.py --json out.json     every figure

Build first: cargo build --release. Peers come from Debian (apt-get install luajit lua5.4 pypy3 nodejs gcc);
set $LUAU and $QJS for Luau and QuickJS. hypc and hypvm are taken from $HYPC / $HYPVM, else
target/release, else PATH. Times are whole-process wall milliseconds (median), minus the engine's own median `hello`
time. Ratios hold within one run only. A checksum that differs from gcc's is an error. Peak memory is the largest resident
set of the process, as GNU time tells (apt-get install time).
"""
import argparse, json, math, os, pathlib, re, resource, shutil, statistics, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent / "programs"
ROOT = pathlib.Path(__file__).resolve().parent.parent
SIZE = dict(fib=38, loops=60000, sieve=5_000_000, nbody=1_000_000, spectral=1500, mandelbrot=1400, matmul=600,
            strings=240, dict=1_000_000, dispatch=20_000_000, bintrees=16, closures=3_000_000, hof=10_000_000,
            pattern=10_000_000, fannkuch=10, quicksort=1_000_000)


def tool(env, name):
    cand = [os.environ.get(env), ROOT / f"target/release/{name}", shutil.which(name)]
    return next((str(pathlib.Path(c).resolve()) for c in cand if c and pathlib.Path(c).exists()), None)


GNU_TIME = shutil.which("time")
HYPC, HYPVM = tool("HYPC", "hypc"), tool("HYPVM", "hypvm")
LUAU = os.environ.get("LUAU") or shutil.which("luau")
QJS = os.environ.get("QJS") or shutil.which("qjs")
ENGINES = {  # name: (command or None, file type)
    "hypvm": ([HYPVM], "hbc") if HYPC and HYPVM else None,
    "hypvm-joff": ([HYPVM, "--jit=off"], "hbc") if HYPC and HYPVM else None,
    "gcc": (None, "c"),
    "node": (["node"], "js"), "luajit": (["luajit"], "lua"), "pypy3": (["pypy3"], "py"),
    "luau-cg": ([LUAU, "-O2", "--codegen"], "lua") if LUAU else None,
    "luajit-joff": (["luajit", "-joff"], "lua"), "luau": ([LUAU, "-O2"], "lua") if LUAU else None,
    "lua5.4": (["lua5.4"], "lua"), "node-jitless": (["node", "--jitless"], "js"),
    "qjs": ([QJS], "js") if QJS else None, "python3": (["python3"], "py"),
}


def strip_types(src):
    """Removes type annotations of variables, parameters, results and session fields; keeps record declarations."""
    keep, out, depth = False, [], 0
    for line in src.splitlines(keepends=True):
        if re.match(r"\s*(tranceify|record)\b", line):
            keep = True
        if not keep:
            line = re.sub(r"(?<=[\w)])\s*:\s*(number|string|boolean|array|object|any|[A-Z]\w*)(\[\])*\??(?=\s*[=,;){])", "", line)
        if keep:
            depth += line.count("{") - line.count("}")
            if depth <= 0 and "}" in line:
                keep, depth = False, 0
        out.append(line)
    return "".join(out)


def sized(src, n):
    if n is None:
        return src
    new, k = re.subn(r"\bN(: number)? ?(=| )(\s*)(\d+)",
                     lambda m: m.group(0)[: m.start(4) - m.start(0)] + str(n), src, count=1)
    assert k == 1, "no size constant N in program"
    return new


def cpu_time():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def once(cmd, timeout, clock=time.perf_counter):
    t = clock()
    p = subprocess.run(cmd, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout)
    ms = (clock() - t) * 1000
    if p.returncode:
        raise RuntimeError(f"{cmd}: exit {p.returncode}: {p.stderr[-300:]}")
    return ms, p.stdout


def peak(cmd, timeout, file):
    """Largest resident set in MiB. A process that this one starts itself would inherit its size."""
    once([GNU_TIME, "-q", "-f", "%M", "-o", str(file)] + cmd, timeout)
    return int(file.read_text()) / 1024


def geomeans(what, lanes, base, table):
    print(f"\ngeometric means of {what}, row against column (below 1 is better):")
    print(f"{'':14s}" + "".join(f"{x:>13s}" for x in base))
    for lane in lanes:
        row = []
        for x in base:
            q = [r[lane] / r[x] for r in table.values() if lane in r and x in r]
            row.append(f"{math.exp(sum(map(math.log, q)) / len(q)):13.2f}" if q else f"{'-':>13s}")
        print(f"{lane:14s}" + "".join(row))


def same(a, b):
    def norm(s):
        return [round(float(x), 5) if re.match(r"^-?\d+(\.\d+)?$", x) else x for x in s.split()]
    return norm(a) == norm(b)


def prepare(bench, engine, tmp, stripped):
    cmd, ext = ENGINES[engine]
    src_ext = "hyp" if ext == "hbc" else ext
    src = HERE / f"{bench}.{src_ext}"
    if not src.exists():
        return None
    text = sized(src.read_text(), SIZE.get(bench))
    if stripped:
        text = strip_types(text)
    f = tmp / f"{bench}.{'s' if stripped else 't'}.{src_ext}"
    f.write_text(text)
    if ext == "c":
        exe = f.with_suffix(".exe")
        subprocess.run(["gcc", "-O2", "-o", exe, f, "-lm"], check=True, stderr=subprocess.DEVNULL)
        return [str(exe)]
    if ext == "hbc":
        hbc = f.with_suffix(".hbc")
        subprocess.run([HYPC, "build", str(f), "-o", str(hbc)], check=True)
        return cmd + [str(hbc)]
    return cmd + [str(f)]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--only")
    ap.add_argument("--engines")
    ap.add_argument("--runs", type=int, default=5)
    ap.add_argument("--timeout", type=float, default=120)
    ap.add_argument("--stripped", action="store_true")
    ap.add_argument("--cpu", action="store_true")
    ap.add_argument("--json")
    a = ap.parse_args()
    names = a.engines.split(",") if a.engines else list(ENGINES)
    names = [n for n in names if ENGINES.get(n) and (ENGINES[n][0] is None or shutil.which(ENGINES[n][0][0]))]
    lanes = [(n, n, False) for n in names]
    if a.stripped:
        lanes += [(n + "-s", n, True) for n in names if n.startswith("hyp")]
    benches = a.only.split(",") if a.only else list(SIZE)
    res, mem = {}, {}
    clock = cpu_time if a.cpu else time.perf_counter
    with tempfile.TemporaryDirectory() as d:
        tmp = pathlib.Path(d)
        hello = {}
        for lane, eng, s in lanes:
            c = prepare("hello", eng, tmp, False)
            hello[lane] = statistics.median(once(c, a.timeout, clock)[0] for _ in range(15)) if c else 0.0
        print("hello ms: " + "  ".join(f"{k}={v:.1f}" for k, v in hello.items()), flush=True)
        for b in benches:
            cmds, want = {}, None
            for lane, eng, s in lanes:
                try:
                    c = prepare(b, eng, tmp, s)
                    if c:
                        out = once(c, a.timeout)[1]
                        want = out if eng == "gcc" else want
                        cmds[lane] = (c, out)
                except Exception as e:  # one engine failing must not hide the others
                    print(f"{b}: {lane} failed: {str(e)[:200]}", file=sys.stderr)
            for lane, (c, out) in cmds.items():
                if want and not same(out, want):
                    print(f"{b}: {lane} printed {out!r:.80}, gcc printed {want!r:.80}", file=sys.stderr)
            times = {lane: [] for lane in cmds}
            for _ in range(a.runs):
                for lane, (c, _) in cmds.items():
                    times[lane].append(once(c, a.timeout, clock)[0])
            res[b] = {lane: max(0.3, statistics.median(t) - hello[lane]) for lane, t in times.items()}
            if GNU_TIME:
                mem[b] = {lane: peak(c, a.timeout, tmp / "peak") for lane, (c, _) in cmds.items()}
            print(f"{b:11s}" + "  ".join(f"{k}={v:.0f}" for k, v in res[b].items()), flush=True)
            print(f"{'':11s}" + "  ".join(f"{k}={v:.1f}MiB" for k, v in mem.get(b, {}).items()), flush=True)
    base = [x for x in ("gcc", "node", "luajit", "luajit-joff", "luau", "lua5.4") if any(x in r for r in res.values())]
    order = [lane for lane, _, _ in lanes]
    geomeans("time", order, base, res)
    geomeans("peak memory", order, base, mem)
    if a.json:
        pathlib.Path(a.json).write_text(json.dumps(dict(hello=hello, ms=res, peak_mib=mem), indent=1))


main()
